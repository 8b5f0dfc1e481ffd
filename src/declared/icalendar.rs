//! Pieces of calendar files (RFC 5545): texts and dates as they are written there, and an event at another time. Pure.

/// A text as a value of iCalendar (RFC 5545 §3.3.11).
pub fn text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | ';' | ',' => escaped.extend(['\\', character]),
            '\n' => escaped.push_str("\\n"),
            control if control.is_control() => {}
            other => escaped.push(other),
        }
    }
    escaped
}

/// An instant in UTC as iCalendar writes it (RFC 5545 §3.3.5): `20261127T170000Z`.
pub fn date(text: &str) -> String {
    let whole = text.split('.').next().unwrap_or_default().trim_end_matches('Z');
    let mut date: String = whole.chars().filter(|c| c.is_ascii_digit() || *c == 'T').collect();
    date.push('Z');
    date
}

/// A calendar file whose event begins and ends at other times; `start`, `end` and `now` are instants. Everything else stays
/// as whoever wrote it left it: guests, reminders, notes. Of a recurring event the series is moved, not its exceptions.
pub fn moved(file: &str, start: &str, end: &str, now: &str) -> String {
    let mut written = String::with_capacity(file.len() + 128);
    let (mut inside, mut depth, mut is_done, mut sequence, mut skips) = (false, 0_usize, false, None, false);
    for line in file.split('\n').map(|line| line.trim_end_matches('\r')).filter(|line| !line.is_empty()) {
        // A line that begins with a space goes on with the one before (§3.1).
        if line.starts_with([' ', '\t']) {
            if !skips {
                push(&mut written, line);
            }
            continue;
        }
        let upper = line.to_ascii_uppercase();
        let name = upper.split([':', ';']).next().unwrap_or_default();
        skips = false;
        match (name, upper.as_str()) {
            (_, "BEGIN:VEVENT") if !is_done => inside = true,
            ("BEGIN", _) if inside => depth += 1,
            (_, "END:VEVENT") if inside => {
                let next = sequence.take().unwrap_or(0_u64) + 1;
                push(&mut written, &format!("DTSTAMP:{}", date(now)));
                push(&mut written, &format!("SEQUENCE:{next}"));
                push(&mut written, &format!("DTSTART:{}", date(start)));
                push(&mut written, &format!("DTEND:{}", date(end)));
                (inside, is_done) = (false, true);
            }
            ("END", _) if inside => depth = depth.saturating_sub(1),
            // What is inside of a reminder is the reminder's.
            ("SEQUENCE", _) if inside && depth == 0 => {
                sequence = line.split(':').nth(1).and_then(|number| number.trim().parse().ok());
                skips = true;
            }
            ("DTSTART" | "DTEND" | "DURATION" | "DTSTAMP", _) if inside && depth == 0 => skips = true,
            _ => {}
        }
        if !skips {
            push(&mut written, line);
        }
    }
    written
}

fn push(written: &mut String, line: &str) {
    written.push_str(line);
    written.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_moved_and_everything_else_stays() {
        let file = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n\
            END:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20261101T000000Z\r\nSEQUENCE:4\r\n\
            DTSTART;TZID=America/Sao_\r\n Paulo:20261127T140000\r\nDURATION:PT1H\r\nSUMMARY:Visita longa que \r\n continua\r\n\
            ATTENDEE:mailto:ana@example.com\r\nBEGIN:VALARM\r\nTRIGGER:-PT30M\r\nDURATION:PT5M\r\nEND:VALARM\r\n\
            END:VEVENT\r\nEND:VCALENDAR\r\n";
        let moved = moved(file, "2026-11-28T12:00:00Z", "2026-11-28T13:00:00Z", "2026-11-26T10:00:00.5Z");
        assert_eq!(
            moved,
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n\
            END:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Visita longa que \r\n continua\r\n\
            ATTENDEE:mailto:ana@example.com\r\nBEGIN:VALARM\r\nTRIGGER:-PT30M\r\nDURATION:PT5M\r\nEND:VALARM\r\n\
            DTSTAMP:20261126T100000Z\r\nSEQUENCE:5\r\nDTSTART:20261128T120000Z\r\nDTEND:20261128T130000Z\r\n\
            END:VEVENT\r\nEND:VCALENDAR\r\n"
        );
    }
}
