//! Names for what a document calls otherwise: of tools, of arguments, of secrets. Spelling only.

/// Longest name of a tool or an argument that every model endpoint takes.
pub const LONGEST: usize = 64;

/// A name of words with `_` between them: `getOrderByID`, `Get order by id` and `get-order.byId` are all
/// `get_order_by_id`.
pub fn snake(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 8);
    for (index, character) in characters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| characters.get(before));
        let after = characters.get(index + 1);
        let begins_word = character.is_ascii_uppercase()
            && (before.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
                || before.is_some_and(char::is_ascii_uppercase)
                    && after.is_some_and(char::is_ascii_lowercase));
        if character.is_ascii_alphanumeric() {
            if begins_word && !snake.ends_with('_') {
                snake.push('_');
            }
            snake.push(character.to_ascii_lowercase());
        } else if !snake.is_empty() && !snake.ends_with('_') {
            snake.push('_');
        }
    }
    snake.trim_matches('_').to_owned()
}

/// The words of a name.
pub fn words(name: &str) -> Vec<String> {
    snake(name).split('_').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// An argument's name as every model endpoint and template takes it: the vendor's own if that will do.
pub fn argument(name: &str) -> String {
    let mut plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    plain.truncate(LONGEST);
    let plain = plain.trim_matches('_');
    match plain.chars().next() {
        None => "value".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("_{plain}"),
        Some(_) => plain.to_owned(),
    }
}

/// `name`, or `name_2` and so on where it is `taken`, always short enough.
pub fn unique(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut candidate = shortened(name, LONGEST);
    let mut number = 2;
    while taken(&candidate) {
        let suffix = format!("_{number}");
        candidate = shortened(name, LONGEST - suffix.len()) + &suffix;
        number += 1;
    }
    candidate
}

/// At most `length` bytes, whole words where they fit.
fn shortened(name: &str, length: usize) -> String {
    if name.len() <= length {
        return name.to_owned();
    }
    let cut = name.get(..length).unwrap_or(name);
    let end = cut.rfind('_').filter(|end| *end >= length / 2).unwrap_or(cut.len());
    cut[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_with_underscores() {
        for (name, expected) in [
            ("getOrderByID", "get_order_by_id"),
            ("BookingsController_2024-08-13_createBooking", "bookings_controller_2024_08_13_create_booking"),
            ("HTTPServer", "http_server"),
            ("get /v1/orders/{id}", "get_v1_orders_id"),
            ("  --Ação de  Venda", "a_o_de_venda"),
            ("v2Items", "v2_items"),
            ("日本", ""),
        ] {
            assert_eq!(snake(name), expected, "{name}");
        }
    }

    #[test]
    fn names_stay_short_and_single() {
        let long = "a_very_long_name_of_an_operation_that_goes_on_and_on_until_nobody_reads_it";
        let first = unique(long, |_| false);
        assert_eq!(first, "a_very_long_name_of_an_operation_that_goes_on_and_on_until");
        let second = unique(long, |name| name == first);
        assert!(second.ends_with("_2") && second.len() <= LONGEST, "{second}");
        assert_eq!(unique("x", |name| ["x", "x_2"].contains(&name)), "x_3");
    }

    #[test]
    fn arguments_keep_the_vendors_name_where_it_will_do() {
        for (name, expected) in [
            ("userId", "userId"),
            ("filter[status]", "filter_status"),
            ("X-Id", "X_Id"),
            ("2nd", "_2nd"),
            ("$", "value"),
        ] {
            assert_eq!(argument(name), expected, "{name}");
        }
    }
}
