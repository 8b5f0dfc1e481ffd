//! Reads files into one set of rows, checks what they say about each other and about the store, and writes all of
//! it in one transaction, or nothing.

use super::agenda::{self, AppointmentRow};
use super::columns::Kind;
use super::dates::Dates;
use super::people::{self, Customer, Person};
use super::report::{BadRows, ImportReport, Problems};
use super::table::{Row, rows};
use super::{CsvFile, ImportOptions, Shop, book, link, orders, products, tickets};
use crate::domain::agenda::{Professional, Service};
use crate::domain::catalog::{Coupon, Order, Product, ShippingRate};
use crate::domain::ticket::Ticket;
use crate::store::backoffice::ImportRows;
use std::collections::HashSet;
use std::sync::Arc;

/// Something read, with its place.
#[derive(Clone, Debug)]
pub struct Placed<T> {
    /// The file.
    pub file: Arc<str>,
    /// The line.
    pub line: u64,
    /// What stands there.
    pub value: T,
}

impl<T> Placed<T> {
    /// Notes a fault at this place.
    pub fn problem(&self, problems: &mut Problems, column: &str, message: impl Into<String>) {
        problems.add(&self.file, self.line, column, message);
    }
}

/// Everything that was read, before it is tied together.
#[derive(Debug, Default)]
pub struct Draft {
    /// Products and variations.
    pub products: Vec<Placed<Product>>,
    /// Customers.
    pub people: Vec<Placed<Person>>,
    /// Services.
    pub services: Vec<Placed<Service>>,
    /// Professionals.
    pub professionals: Vec<Placed<Professional>>,
    /// Orders; their contact is the one their e-mail stands for.
    pub orders: Vec<Placed<Order>>,
    /// Appointments.
    pub appointments: Vec<Placed<AppointmentRow>>,
    /// Tickets with their customers.
    pub tickets: Vec<Placed<(Ticket, Customer)>>,
    /// Coupons.
    pub coupons: Vec<Placed<Coupon>>,
    /// The shipping table.
    pub shipping: Vec<Placed<ShippingRate>>,
}

/// Imports files. They may come in any order.
///
/// # Errors
/// If the store fails. What is wrong with the files stands in the report, and then nothing was written.
pub async fn import(files: &[CsvFile], shop: &Shop, options: ImportOptions) -> anyhow::Result<ImportReport> {
    let dates = Dates::at(options.now, &shop.zone, &shop.calendar);
    let mut problems = Problems::default();
    let mut ignored_columns = Vec::new();
    let mut draft = Draft::default();
    for file in files {
        draft.read(file, &dates, &mut problems, &mut ignored_columns);
    }
    draft.check_products(shop, &mut problems).await?;
    draft.check_professionals(shop, &mut problems).await?;
    let mut counts = draft.counts();
    let mut write = ImportRows::default();
    let appointments = book::place(&mut draft, shop, &mut problems).await?;
    link::people(&mut draft, appointments, shop, options.now, &mut write, &mut problems).await?;
    for (kind, count) in &mut counts {
        // Rows that were dropped while they were tied together count no more.
        match kind {
            Kind::Contacts => *count = draft.people.len(),
            Kind::Orders => *count = write.orders.len(),
            Kind::Appointments => *count = write.appointments.len(),
            Kind::Tickets => *count = write.tickets.len(),
            Kind::Products | Kind::Services | Kind::Professionals | Kind::Coupons | Kind::Shipping => {}
        }
    }
    write.products = values(draft.products);
    write.services = values(draft.services);
    write.professionals = values(draft.professionals);
    write.coupons = values(draft.coupons);
    write.shipping_rates = values(draft.shipping);
    let may_write = problems.count() == 0 || options.bad_rows == BadRows::Skip;
    if may_write {
        shop.records.import(write).await?;
    } else {
        counts.clear();
    }
    Ok(problems.into_report(counts, ignored_columns))
}

fn values<T>(placed: Vec<Placed<T>>) -> Vec<T> {
    placed.into_iter().map(|placed| placed.value).collect()
}

impl Draft {
    fn read(
        &mut self,
        file: &CsvFile,
        dates: &Dates<'_>,
        problems: &mut Problems,
        ignored: &mut Vec<String>,
    ) {
        let mut reading = Reading { file, problems, ignored };
        match file.kind {
            Kind::Products => {
                self.products
                    .extend(reading.all("sku", products::read_product, |product| product.sku.clone()));
            }
            Kind::Contacts => {
                let read = |row: &mut Row<'_>| people::read_person(row, dates);
                self.people.extend(reading.all("email", read, |person| person.contact.id.to_string()));
            }
            Kind::Services => {
                self.services.extend(reading.all("id", agenda::read_service, |service| service.id.clone()));
            }
            Kind::Professionals => {
                self.professionals
                    .extend(reading.all("id", agenda::read_professional, |person| person.id.clone()));
            }
            Kind::Orders => {
                let read = |row: &mut Row<'_>| orders::read_order(row, dates);
                self.orders.extend(reading.all("number", read, |order| order.number.clone()));
            }
            Kind::Appointments => {
                let read = |row: &mut Row<'_>| agenda::read_appointment(row, dates);
                self.appointments.extend(reading.all("start", read, AppointmentRow::content));
            }
            Kind::Tickets => {
                let read = |row: &mut Row<'_>| tickets::read_ticket(row, dates);
                self.tickets.extend(reading.all("number", read, |(ticket, _)| ticket.number.to_string()));
            }
            Kind::Coupons => {
                let read = |row: &mut Row<'_>| products::read_coupon(row, dates);
                self.coupons.extend(reading.all("code", read, |coupon| coupon.code.clone()));
            }
            Kind::Shipping => {
                let key = |rate: &ShippingRate| format!("{} {}", rate.postal_code_from, rate.method);
                self.shipping.extend(reading.all("cep_from", products::read_shipping, key));
            }
        }
    }

    /// How many rows there are of each kind that has any.
    fn counts(&self) -> Vec<(Kind, usize)> {
        let count = |kind| match kind {
            Kind::Products => self.products.len(),
            Kind::Contacts => self.people.len(),
            Kind::Services => self.services.len(),
            Kind::Professionals => self.professionals.len(),
            Kind::Orders => self.orders.len(),
            Kind::Appointments => self.appointments.len(),
            Kind::Tickets => self.tickets.len(),
            Kind::Coupons => self.coupons.len(),
            Kind::Shipping => self.shipping.len(),
        };
        Kind::ALL.into_iter().map(|kind| (kind, count(kind))).filter(|(_, count)| *count > 0).collect()
    }

    /// A variation needs its product; only a product with variations may be without stock of its own.
    async fn check_products(&mut self, shop: &Shop, problems: &mut Problems) -> anyhow::Result<()> {
        if self.products.is_empty() {
            return Ok(());
        }
        let stored = shop.records.products().await?;
        let all = || self.products.iter().map(|placed| &placed.value).chain(&stored);
        let skus: HashSet<String> = all().map(|product| product.sku.clone()).collect();
        let varied: HashSet<String> = all().filter_map(|product| product.variation_of.clone()).collect();
        self.products.retain(|placed| {
            let product = &placed.value;
            let before = problems.count();
            if let Some(whole) = &product.variation_of
                && (!skus.contains(whole) || *whole == product.sku)
            {
                placed.problem(
                    problems,
                    "variation_of",
                    format!("there is no other product `{}`", short(whole)),
                );
            }
            if product.stock.is_none() && !varied.contains(&product.sku) {
                placed.problem(problems, "stock", "is empty; only a product with variations may have none");
            }
            problems.count() == before
        });
        Ok(())
    }

    async fn check_professionals(&mut self, shop: &Shop, problems: &mut Problems) -> anyhow::Result<()> {
        if self.professionals.is_empty() {
            return Ok(());
        }
        let stored = shop.records.services().await?;
        let services: HashSet<&str> = self
            .services
            .iter()
            .map(|placed| &placed.value)
            .chain(&stored)
            .map(|service| service.id.as_str())
            .collect();
        self.professionals.retain(|placed| {
            let unknown = placed.value.services.iter().find(|service| !services.contains(service.as_str()));
            if let Some(service) = unknown {
                placed.problem(problems, "services", format!("there is no service `{}`", short(service)));
            }
            unknown.is_none()
        });
        Ok(())
    }
}

/// One file being read.
struct Reading<'a> {
    file: &'a CsvFile,
    problems: &'a mut Problems,
    ignored: &'a mut Vec<String>,
}

impl Reading<'_> {
    /// Every good row; of rows with the same key only the first.
    fn all<T>(
        &mut self,
        key_column: &str,
        read: impl FnMut(&mut Row<'_>) -> Option<T>,
        key: impl Fn(&T) -> String,
    ) -> Vec<Placed<T>> {
        let name: Arc<str> = Arc::from(self.file.name.as_str());
        let mut seen = std::collections::HashMap::new();
        let mut all = Vec::new();
        for (line, value) in rows(self.file, self.problems, self.ignored, read) {
            let placed = Placed { file: Arc::clone(&name), line, value };
            match seen.insert(key(&placed.value), line) {
                None => all.push(placed),
                Some(first) => {
                    placed.problem(self.problems, key_column, format!("is the same as on line {first}"))
                }
            }
        }
        all
    }
}

/// The beginning of a value, for messages.
pub fn short(text: &str) -> String {
    text.chars().take(60).collect()
}
