//! Reads the query of a tool: exactly one statement that begins with SELECT or WITH, its values named `:name`. Strings,
//! quoted names and comments are told from the rest in one manner for all databases. What a statement does is for the
//! database to see: it is asked for reading only.

use crate::domain::query::{Query, QueryPart};

/// Longest query, in bytes.
const LONGEST: usize = 20_000;

/// Reads `text`.
///
/// # Errors
/// What is wrong with it, in words for the operator.
pub fn read(text: &str) -> Result<Query, String> {
    if text.len() > LONGEST {
        return Err(format!("a query has at most {LONGEST} bytes"));
    }
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    let mut begun = false;
    let mut ended = false;
    while let Some(first) = rest.chars().next() {
        let (length, is_comment) = opaque(rest, &plain)?;
        if length > 0 {
            let (inside, behind) = rest.split_at(length);
            if !is_comment {
                if ended {
                    return Err("one statement only: something stands behind the `;`".into());
                }
                if !begun {
                    return Err("a query begins with SELECT or WITH".into());
                }
                plain.push_str(inside);
            }
            // A comment says nothing to the database, and separates words as a blank does.
            else {
                plain.push(' ');
            }
            rest = behind;
            continue;
        }
        if !begun && !first.is_whitespace() {
            let word: String = rest.chars().take_while(char::is_ascii_alphabetic).collect();
            if !["select", "with"].contains(&word.to_ascii_lowercase().as_str()) {
                return Err("a query begins with SELECT or WITH".into());
            }
            begun = true;
        }
        if ended && !first.is_whitespace() {
            return Err("one statement only: something stands behind the `;`".into());
        }
        if first == ';' {
            ended = true;
            rest = &rest[1..];
            continue;
        }
        if let Some(name) = value(rest, &plain) {
            parts.push(QueryPart::Text(std::mem::take(&mut plain)));
            parts.push(QueryPart::Value(name.to_owned()));
            rest = &rest[1 + name.len()..];
            continue;
        }
        if matches!(first, '$' | '?' | '@') && rest[1..].starts_with(|next: char| next.is_ascii_digit())
            || first == '?' && !rest[1..].starts_with(['|', '&'])
        {
            return Err(format!("values are named, as `:name`; `{first}` stands for none"));
        }
        plain.push(first);
        rest = &rest[first.len_utf8()..];
    }
    if !begun {
        return Err("the query is empty".into());
    }
    parts.push(QueryPart::Text(plain));
    Ok(Query { parts })
}

/// The name of the value that `rest` begins with, as `:name`; not of a cast, `::type`.
fn value<'t>(rest: &'t str, before: &str) -> Option<&'t str> {
    let behind = rest.strip_prefix(':').filter(|_| !before.ends_with(':'))?;
    let end = behind.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(behind.len());
    let name = &behind[..end];
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_').then_some(name)
}

/// How many bytes at the beginning of `rest` are a string, a quoted name or a comment; 0 if none of these, and whether
/// it is a comment.
fn opaque(rest: &str, before: &str) -> Result<(usize, bool), String> {
    let bytes = rest.as_bytes();
    match bytes.first() {
        Some(b'-') if rest.starts_with("--") => Ok((rest.find('\n').unwrap_or(rest.len()), true)),
        Some(b'/') if rest.starts_with("/*") => comment(rest).map(|length| (length, true)),
        Some(quote @ (b'\'' | b'"' | b'`')) => {
            let escapes = *quote == b'\'' && is_escape_string(before);
            quoted(bytes, *quote, escapes).map(|length| (length, false))
        }
        Some(b'$') => Ok((dollar_quoted(rest).unwrap_or(0), false)),
        _ => Ok((0, false)),
    }
}

/// Comments may lie in each other; SQLite, that ends them earlier, is given none.
fn comment(rest: &str) -> Result<usize, String> {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        let here = &rest.as_bytes()[at..];
        if here.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return Ok(at);
            }
        } else {
            at += 1;
        }
    }
    Err("a comment has no end".into())
}

/// Whether what stands before a quote makes it `E'…'`, in which backslashes escape.
fn is_escape_string(before: &str) -> bool {
    let mut characters = before.chars().rev();
    matches!(characters.next(), Some('e' | 'E'))
        && characters.next().is_none_or(|c| !c.is_ascii_alphanumeric() && c != '_')
}

fn quoted(bytes: &[u8], quote: u8, escapes: bool) -> Result<usize, String> {
    let mut at = 1;
    while at < bytes.len() {
        if escapes && bytes[at] == b'\\' {
            at += 2;
        } else if bytes[at] != quote {
            at += 1;
        } else if bytes.get(at + 1) == Some(&quote) {
            at += 2;
        } else {
            return Ok(at + 1);
        }
    }
    Err("a string has no end".into())
}

/// `$tag$ … $tag$`.
fn dollar_quoted(rest: &str) -> Option<usize> {
    let end = rest[1..].find('$')? + 2;
    let tag = &rest[..end];
    let inside = &tag[1..tag.len() - 1];
    let is_tag = inside.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !inside.starts_with(|first: char| first.is_ascii_digit());
    is_tag.then(|| rest[end..].find(tag).map(|close| end + close + tag.len()))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        read(text)
            .unwrap_or_else(|fault| panic!("{text}: {fault}"))
            .names()
            .iter()
            .map(|name| (*name).to_owned())
            .collect()
    }

    #[test]
    fn values_are_found_and_nothing_else_is_taken_for_one() {
        assert_eq!(names("SELECT a FROM t WHERE a = :a AND b = :b_2 AND c = :a;"), ["a", "b_2"]);
        for text in [
            "select ':a', \":b\", `:c` from t -- :d ;\n",
            "WITH x AS (SELECT now()::text) SELECT 1 /* :e /* ; */ :f */ FROM x",
            "SELECT E'it\\'s :g', 'it''s :h', $$ :i ; $$, $tag$ :j $tag$",
            "\n  -- a word before\n SELECT 1 ; -- and behind\n",
            "SELECT data ?| array['a'] FROM t",
        ] {
            assert_eq!(names(text), [""; 0], "{text}");
        }
        assert_eq!(names("SELECT :a::text, x::int[] FROM t WHERE y > :b"), ["a", "b"]);
    }

    #[test]
    fn only_one_statement_that_reads_is_taken() {
        for (text, wanted) in [
            ("DELETE FROM t", "begins with SELECT or WITH"),
            ("  'x'", "begins with SELECT or WITH"),
            ("selection", "begins with SELECT or WITH"),
            ("", "is empty"),
            ("-- nothing", "is empty"),
            ("SELECT 1; DELETE FROM t", "one statement only"),
            ("SELECT 1;;SELECT 2", "one statement only"),
            ("SELECT 1; 'x'", "one statement only"),
            ("SELECT 'x", "no end"),
            ("SELECT /* x", "no end"),
            ("SELECT $1", "values are named"),
            ("SELECT ?", "values are named"),
        ] {
            let fault = read(text).unwrap_err();
            assert!(fault.contains(wanted), "{text}: {fault}");
        }
    }
}
