//! Plain words for machine values in the customer's language: days, times, states. No sentences: those stand in
//! `tools/*.toml`.

use crate::domain::catalog::OrderStatus;
use crate::domain::language::Language;
use crate::domain::ticket::TicketStatus;
use jiff::Zoned;
use jiff::civil::{Date, Weekday};

/// A local time as tools take and give it: `2026-11-27T14:00`.
pub fn local(at: &Zoned) -> String {
    at.strftime("%Y-%m-%dT%H:%M").to_string()
}

/// `sexta-feira, 27/11, às 14:00`.
pub fn moment(at: &Zoned, language: Language) -> String {
    let date = day(at.date(), language);
    let time = at.strftime("%H:%M");
    match language {
        Language::Portuguese => format!("{date}, às {time}"),
        Language::English => format!("{date}, at {time}"),
        Language::Spanish => format!("{date}, a las {time}"),
    }
}

/// `sex 27/11, 14:00`: for a button.
pub fn brief(at: &Zoned, language: Language) -> String {
    let name: String = weekday(at.date().weekday(), language).chars().take(3).collect();
    let date = match language {
        Language::Portuguese | Language::Spanish => at.strftime("%d/%m"),
        Language::English => at.strftime("%b %-d"),
    };
    format!("{name} {date}, {}", at.strftime("%H:%M"))
}

/// `sexta-feira, 27/11`.
pub fn day(date: Date, language: Language) -> String {
    let name = weekday(date.weekday(), language);
    match language {
        Language::Portuguese | Language::Spanish => format!("{name}, {:02}/{:02}", date.day(), date.month()),
        Language::English => format!("{name}, {}", date.strftime("%b %-d")),
    }
}

fn weekday(weekday: Weekday, language: Language) -> &'static str {
    let names = match language {
        Language::Portuguese => [
            "segunda-feira",
            "terça-feira",
            "quarta-feira",
            "quinta-feira",
            "sexta-feira",
            "sábado",
            "domingo",
        ],
        Language::English => ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
        Language::Spanish => ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
    };
    match weekday {
        Weekday::Monday => names[0],
        Weekday::Tuesday => names[1],
        Weekday::Wednesday => names[2],
        Weekday::Thursday => names[3],
        Weekday::Friday => names[4],
        Weekday::Saturday => names[5],
        Weekday::Sunday => names[6],
    }
}

/// How far an order is.
pub fn order_status(status: OrderStatus, language: Language) -> &'static str {
    let [pt, en, es] = match status {
        OrderStatus::AwaitingPayment => {
            ["aguardando o pagamento", "waiting for payment", "esperando el pago"]
        }
        OrderStatus::Paid => {
            ["pago, prestes a ser separado", "paid, about to be packed", "pagado, por prepararse"]
        }
        OrderStatus::Picking => ["em separação", "being packed", "en preparación"],
        OrderStatus::Shipped => ["enviado", "shipped", "enviado"],
        OrderStatus::OutForDelivery => ["saiu para entrega", "out for delivery", "en reparto"],
        OrderStatus::Delivered => ["entregue", "delivered", "entregado"],
        OrderStatus::Cancelled => ["cancelado", "cancelled", "cancelado"],
        OrderStatus::Returned => ["devolvido", "returned", "devuelto"],
    };
    pick([pt, en, es], language)
}

/// How far a ticket is.
pub fn ticket_status(status: TicketStatus, language: Language) -> &'static str {
    let words = match status {
        TicketStatus::Open => ["aberto", "open", "abierto"],
        TicketStatus::Pending => ["em andamento", "in progress", "en curso"],
        TicketStatus::Solved => ["resolvido", "solved", "resuelto"],
        TicketStatus::Closed => ["encerrado", "closed", "cerrado"],
    };
    pick(words, language)
}

/// The word in the customer's language, given in Portuguese, English, Spanish.
pub fn pick<T>(words: [T; 3], language: Language) -> T {
    let [portuguese, english, spanish] = words;
    match language {
        Language::Portuguese => portuguese,
        Language::English => english,
        Language::Spanish => spanish,
    }
}

/// Text for a result, at most `limit` characters: free text in results must stay small.
pub fn short(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_a_time_in_three_languages() {
        let at: Zoned = "2026-11-27T14:00[America/Sao_Paulo]".parse().unwrap();
        assert_eq!(local(&at), "2026-11-27T14:00");
        assert_eq!(moment(&at, Language::Portuguese), "sexta-feira, 27/11, às 14:00");
        assert_eq!(moment(&at, Language::English), "Friday, Nov 27, at 14:00");
        assert_eq!(brief(&at, Language::Portuguese), "sex 27/11, 14:00");
        assert_eq!(brief(&at, Language::English), "Fri Nov 27, 14:00");
        assert_eq!(moment(&at, Language::Spanish), "viernes, 27/11, a las 14:00");
    }

    #[test]
    fn cuts_on_characters() {
        assert_eq!(short("ação", 3), "açã…");
        assert_eq!(short("ação", 4), "ação");
    }
}
