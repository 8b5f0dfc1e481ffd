//! Writes rows as CSV: UTF-8 with a mark so that spreadsheets know it, a comma, and every cell guarded.

use super::cell::guarded;
use super::columns::Kind;
use std::io::Write;

/// Writes the rows of one file.
pub struct RowWriter<W: Write> {
    inner: csv::Writer<W>,
    count: usize,
}

impl<W: Write> RowWriter<W> {
    /// Begins a file of this kind.
    ///
    /// # Errors
    /// If the writer fails.
    pub fn begin(kind: Kind, mut to: W) -> anyhow::Result<Self> {
        to.write_all("\u{feff}".as_bytes())?;
        let mut inner = csv::Writer::from_writer(to);
        inner.write_record(kind.columns().iter().map(|column| column.name))?;
        Ok(Self { inner, count: 0 })
    }

    /// Writes one row.
    ///
    /// # Errors
    /// If the writer fails.
    pub fn row(&mut self, cells: &[String]) -> anyhow::Result<()> {
        self.inner.write_record(cells.iter().map(|cell| guarded(cell)))?;
        self.count += 1;
        Ok(())
    }

    /// Ends the file. How many rows it has.
    ///
    /// # Errors
    /// If the writer fails.
    pub fn finish(mut self) -> anyhow::Result<usize> {
        self.inner.flush()?;
        Ok(self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backoffice::csv::dates::Dates;
    use crate::backoffice::csv::people::{Customer, contact_id};
    use crate::backoffice::csv::report::Problems;
    use crate::backoffice::csv::table::{Row, rows};
    use crate::backoffice::csv::{CsvFile, orders, products, tickets};
    use crate::domain::calendar::Calendar;
    use crate::domain::catalog::{Order, OrderItem, OrderStatus, Product};
    use crate::domain::money::Money;
    use crate::domain::ticket::{Ticket, TicketComment, TicketStatus};
    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;
    use std::fmt::Debug;

    /// Writes rows and reads them again.
    fn back<T: Debug>(
        kind: Kind,
        cells: &[Vec<String>],
        read: impl FnMut(&mut Row<'_>) -> Option<T>,
    ) -> Vec<T> {
        let mut bytes = Vec::new();
        let mut writer = RowWriter::begin(kind, &mut bytes).unwrap();
        for row in cells {
            writer.row(row).unwrap();
        }
        assert_eq!(writer.finish().unwrap(), cells.len());
        let (mut problems, mut ignored) = (Problems::default(), Vec::new());
        let file = CsvFile { kind, name: kind.file_name().to_owned(), bytes };
        let read: Vec<T> =
            rows(&file, &mut problems, &mut ignored, read).into_iter().map(|(_, value)| value).collect();
        assert_eq!(problems.into_report(Vec::new(), ignored).problems, []);
        read
    }

    fn dates<R>(run: impl FnOnce(&Dates<'_>, &TimeZone) -> R) -> R {
        let calendar = Calendar::new("mon-fri 09:00-18:00".parse().unwrap(), Vec::new());
        let zone = TimeZone::get("America/Sao_Paulo").unwrap();
        run(&Dates::at("2026-11-23T13:10:00Z".parse().unwrap(), &zone, &calendar), &zone)
    }

    /// Any text that a record can hold: not blank at its ends, no control characters.
    fn text() -> impl Strategy<Value = String> {
        "[^\\p{C}\\p{Z}]([^\\p{C}]{0,30}[^\\p{C}\\p{Z}])?"
    }

    fn instant() -> impl Strategy<Value = Timestamp> {
        (1_500_000_000_i64..1_900_000_000).prop_map(|second| Timestamp::from_second(second).unwrap())
    }

    prop_compose! {
        fn product()(sku in "[A-Z=+@-]{1,8}", name in text(), category in text(), price in 0_i64..10_000_000,
            weight_grams in 0_u32..100_000, stock in proptest::option::of(0_u32..100_000),
            variation in proptest::option::of(text()), complements in proptest::collection::vec(text(), 0..4)) -> Product {
            Product {
                sku, category, description: name.clone(), name, price: Money(price), weight_grams, stock,
                variation_of: variation.clone(), variation, complements,
            }
        }
    }

    prop_compose! {
        fn order()(number in "[0-9]{1,8}", placed_at in instant(), total in 0_i64..10_000_000, quantity in 1_u32..999,
            status in 0..OrderStatus::ALL.len(), method in text(), carrier in proptest::option::of(text()),
            sku in "[A-Z|-]{1,8}", postal_code in proptest::option::of("[0-9]{8}")) -> Order {
            Order {
                number, contact: contact_id("ana@example.com"), email: "ana@example.com".to_owned(), placed_at,
                status: OrderStatus::ALL[status], payment_status: "approved".to_owned(), payment_method: method.clone(),
                items: vec![OrderItem { sku, quantity }], shipping_method: method, shipping_price: Money(total / 2),
                discount: Money::ZERO, total: Money(total), tracking_code: carrier.clone(), carrier,
                delivery_estimate: Some(jiff::civil::date(2026, 12, 1)), postal_code,
            }
        }
    }

    prop_compose! {
        fn ticket()(number in 1_i64..999_999, created_at in instant(), subject in text(),
            comments in proptest::collection::vec((any::<bool>(), text(), instant()), 0..4)) -> Ticket {
            let comments = comments.into_iter().map(|(is_team, text, at)| TicketComment {
                author: if is_team { "team" } else { "customer" }.to_owned(), text, at,
            });
            Ticket {
                number, contact: contact_id("ana@example.com"), description: subject.clone(), category: subject.clone(),
                subject, priority: "high".to_owned(), status: TicketStatus::Pending, comments: comments.collect(),
                created_at, updated_at: created_at,
            }
        }
    }

    proptest! {
        #[test]
        fn products_come_back(records in proptest::collection::vec(product(), 0..5)) {
            let cells: Vec<_> = records.iter().map(products::write_product).collect();
            prop_assert_eq!(back(Kind::Products, &cells, products::read_product), records);
        }

        #[test]
        fn orders_come_back(records in proptest::collection::vec(order(), 0..5)) {
            let read = dates(|dates, zone| {
                let cells: Vec<_> = records.iter().map(|order| orders::write_order(order, zone)).collect();
                back(Kind::Orders, &cells, |row| orders::read_order(row, dates))
            });
            prop_assert_eq!(read, records);
        }

        #[test]
        fn tickets_come_back(records in proptest::collection::vec(ticket(), 0..5)) {
            let customer = Customer::Email("ana@example.com".to_owned());
            let read = dates(|dates, zone| {
                let cells: Vec<_> = records.iter().map(|ticket| tickets::write_ticket(ticket, &customer, zone)).collect();
                back(Kind::Tickets, &cells, |row| tickets::read_ticket(row, dates))
            });
            let read: Vec<Ticket> = read.into_iter().map(|(ticket, _)| ticket).collect();
            prop_assert_eq!(read, records);
        }
    }
}
