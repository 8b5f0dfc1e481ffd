//! Days as operators write them in front matter, tables and settings. A day is a day: nothing relative, no time.

use jiff::civil::Date;

/// The day that `text` is: `2026-11-30`, or `30/11/2026`, day first. A time behind it is passed over.
///
/// # Errors
/// It is no day, in words for the operator.
pub fn day(text: &str) -> Result<Date, String> {
    let text = text.trim();
    let wrong = || format!("`{}` is no day; write it like 2026-11-30 or 30/11/2026", shortened(text));
    let written = text.split([' ', 'T']).next().unwrap_or(text);
    let numbers: Vec<Option<i16>> = written.split(['-', '/', '.']).map(|part| part.parse().ok()).collect();
    let (Some(year), Some(month), Some(day)) = (match (written.contains('-'), numbers.as_slice()) {
        (true, [year, month, day]) => (*year, *month, *day),
        (false, [day, month, year]) => (*year, *month, *day),
        (_, _) => return Err(wrong()),
    }) else {
        return Err(wrong());
    };
    let small = |number: i16| i8::try_from(number).ok();
    // Years of two digits would be guessed.
    let full = (1900..=9999).contains(&year);
    let date = small(month).zip(small(day)).and_then(|(month, day)| Date::new(year, month, day).ok());
    date.filter(|_| full).ok_or_else(wrong)
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_two_ways_people_write_a_day() {
        for text in ["2026-11-30", "30/11/2026", " 30.11.2026 ", "2026-11-30T10:00:00", "2026-11-30 10:00"] {
            assert_eq!(day(text).unwrap().to_string(), "2026-11-30", "{text}");
        }
        for text in
            ["", "amanhã", "30/11", "30/11/26", "2026-13-01", "2026-02-30", "11/30/2026", "1-2-3", "-"]
        {
            assert!(day(text).is_err(), "{text}");
        }
    }
}
