//! Text out of a vendor's HTML, for the filter `html_text` of results: tags fall away, blocks become lines, entities
//! become what they stand for. Pure; it understands no more of HTML than help desks write.

/// Tags that end a line.
const BLOCKS: [&str; 12] = ["br", "p", "div", "li", "tr", "ul", "ol", "h1", "h2", "h3", "blockquote", "pre"];
/// Entities by name.
const ENTITIES: [(&str, &str); 7] =
    [("lt", "<"), ("gt", ">"), ("quot", "\""), ("apos", "'"), ("nbsp", " "), ("hellip", "…"), ("amp", "&")];

/// The text of a piece of HTML. Some systems keep their markup escaped once more: where there is no tag but an escaped
/// one, that is undone first.
pub fn text(html: &str) -> String {
    let is_escaped =
        !html.contains('<') && ["&lt;", "&#60;", "&#x3c;"].iter().any(|escaped| html.contains(escaped));
    let unescaped = if is_escaped { decoded(html) } else { html.to_owned() };
    let mut text = String::with_capacity(unescaped.len());
    let mut rest = unescaped.as_str();
    while let Some(open) = rest.find('<') {
        text.push_str(&rest[..open]);
        let tag = &rest[open + 1..];
        let name = tag.trim_start_matches('/');
        // `a < b` is no tag.
        if !name.starts_with(|character: char| character.is_ascii_alphabetic() || character == '!') {
            text.push('<');
            rest = tag;
            continue;
        }
        let Some(close) = tag.find('>') else { break };
        let name: String = name.chars().take_while(char::is_ascii_alphanumeric).collect();
        let is_end = tag.starts_with('/') || name.eq_ignore_ascii_case("br");
        if is_end && BLOCKS.iter().any(|block| name.eq_ignore_ascii_case(block)) {
            text.push('\n');
        }
        rest = &tag[close + 1..];
    }
    if !rest.contains('<') {
        text.push_str(rest);
    }
    decoded(&text).trim().to_owned()
}

/// Entities as what they stand for, each once.
fn decoded(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        let tail = &rest[at + 1..];
        match tail
            .split_once(';')
            .filter(|(name, _)| name.len() <= 8)
            .and_then(|(name, after)| Some((entity(name)?, after)))
        {
            Some((meant, after)) => {
                plain.push_str(&meant);
                rest = after;
            }
            None => {
                plain.push('&');
                rest = tail;
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn entity(name: &str) -> Option<String> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).map(String::from);
    }
    ENTITIES.iter().find(|(known, _)| *known == name).map(|(_, meant)| (*meant).to_owned())
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn markup_falls_away_and_text_stays() {
        for (html, plain) in [
            (
                "<p>Enviamos <b>outro</b> hoje.</p><p>Até logo &amp; obrigado</p>",
                "Enviamos outro hoje.\nAté logo & obrigado",
            ),
            ("<p>a<br>b<br/>c</p>", "a\nb\nc"),
            ("&#60;p&#62;&#38;quot;x&#38;quot; &#38;lt;b&#38;gt;&#60;/p&#62;", "\"x\" <b>"),
            ("&lt;p&gt;oi&lt;/p&gt;", "oi"),
            ("<p>&quot;x&quot; &lt;b&gt; &amp;lt; &#233;&#x21;</p>", "\"x\" <b> &lt; é!"),
            ("1 < 2 & 3 &unknown; &", "1 < 2 & 3 &unknown; &"),
            ("<p>cut <a href=\"", "cut"),
            ("", ""),
        ] {
            assert_eq!(text(html), plain, "{html}");
        }
    }
}
