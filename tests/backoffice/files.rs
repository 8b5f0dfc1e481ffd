//! Files in and out: the demo shop, every fault at once, all or nothing, and back again unchanged.

use super::support::{Counter, NOW, demo_files};
use balcao::backoffice::csv::{
    BadRows, CsvFile, ImportOptions, ImportReport, Kind, contact_id, export, import, seed_demo,
};
use balcao::domain::clock::Clock;
use balcao::domain::contact::{Identity, IdentityKind};
use balcao::domain::erasure::AtVendors;
use balcao::domain::ids::{ContactId, ErasureId};
use balcao::domain::money::Money;
use balcao::store::erasures::NewErasure;
use std::time::{Duration, Instant};

fn file(kind: Kind, text: &str) -> CsvFile {
    CsvFile { kind, name: kind.file_name().to_owned(), bytes: text.as_bytes().to_vec() }
}

fn options(bad_rows: BadRows) -> ImportOptions {
    ImportOptions { now: NOW.parse().unwrap(), bad_rows }
}

async fn take(counter: &Counter, files: &[CsvFile]) -> ImportReport {
    import(files, &counter.shop, options(BadRows::Refuse)).await.unwrap()
}

async fn everything(counter: &Counter) -> Vec<CsvFile> {
    let mut files = Vec::new();
    for kind in Kind::ALL {
        let mut bytes = Vec::new();
        export(kind, &counter.shop, &mut bytes).await.unwrap();
        files.push(CsvFile { kind, name: kind.file_name().to_owned(), bytes });
    }
    files
}

#[tokio::test]
async fn the_demo_shop_is_laid_once_and_quickly() {
    let counter = Counter::empty().await;
    let began = Instant::now();
    let report = seed_demo(demo_files(), &counter.shop, counter.clock.now()).await.unwrap().unwrap();
    // 300 ms is the promise; a debug build on a busy machine only notices a change of order.
    assert!(began.elapsed() < Duration::from_secs(10));
    assert_eq!(report.problems, []);
    let rows = |wanted| report.imported.iter().find(|(kind, _)| *kind == wanted).map(|(_, count)| *count);
    assert_eq!(
        (rows(Kind::Contacts), rows(Kind::Orders), rows(Kind::Appointments)),
        (Some(60), Some(200), Some(31))
    );
    let ana = counter.by_email("ana.souza@example.com").await;
    assert_eq!(ana.id, contact_id("ana.souza@example.com"), "the id follows from the e-mail");
    assert!(counter.stores.backoffice.orders(ana.id).await.unwrap().len() >= 3);
    assert!(
        seed_demo(demo_files(), &counter.shop, counter.clock.now()).await.unwrap().is_none(),
        "never twice"
    );
}

#[tokio::test]
async fn the_demo_shop_can_be_laid_on_any_day() {
    for now in [
        "2026-12-31T23:59:00Z",
        "2027-01-02T12:00:00Z",
        "2027-03-25T02:30:00Z",
        "2027-11-14T18:00:00Z",
        "2028-02-29T12:00:00Z",
    ] {
        let counter = Counter::empty().await;
        let report = seed_demo(demo_files(), &counter.shop, now.parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(report.problems, [], "{now}");
    }
}

#[tokio::test]
async fn what_is_exported_is_imported_again_unchanged() {
    let counter = Counter::demo().await;
    let before = everything(&counter).await;
    let other = Counter::empty().await;
    let report = take(&other, &before).await;
    assert_eq!((report.problems, report.ignored_columns), (vec![], vec![]));
    for (first, second) in before.iter().zip(everything(&other).await) {
        assert_eq!(
            String::from_utf8_lossy(&first.bytes),
            String::from_utf8_lossy(&second.bytes),
            "{}",
            first.name
        );
    }
    // And into the same shop: everybody stays who they are.
    assert_eq!(take(&counter, &before).await.problems, []);
    for (first, second) in before.iter().zip(everything(&counter).await) {
        assert_eq!(first.bytes.len(), second.bytes.len(), "{}", first.name);
    }
}

#[tokio::test]
async fn orders_of_somebody_who_was_forgotten_are_exported_and_imported_too() {
    let counter = Counter::demo().await;
    let ana = counter.by_email("ana.souza@example.com").await.id;
    let orders = counter.stores.backoffice.orders(ana).await.unwrap();
    counter.clock.advance(Duration::from_secs(400 * 86_400));
    let new = NewErasure {
        id: ErasureId(counter.clock.new_id()),
        contact: ana,
        asked_by: "bia".to_owned(),
        at_vendors: AtVendors::Delete,
        nobody: ContactId(counter.clock.new_id()),
        at: counter.clock.now(),
    };
    counter.stores.erasures.erase(new).await.unwrap();
    let before = everything(&counter).await;
    for there in [Counter::empty().await, counter] {
        assert_eq!(take(&there, &before).await.problems, []);
        let order = there.stores.backoffice.order(&orders[0].number).await.unwrap().unwrap();
        assert_eq!((order.email.as_str(), order.total), ("", orders[0].total));
        assert_ne!(order.contact, ana);
    }
}

#[tokio::test]
async fn every_fault_is_told_at_once_and_nothing_is_written() {
    let counter = Counter::empty().await;
    let files = [
        file(
            Kind::Products,
            "sku;nome;preco;estoque;variacao_de\nA;Vaso;dez;1;\nB;Vaso;1,00;;\nC;Vaso;1,00;2;X\nD;Ok;1,00;1;\nD;De novo;1,00;1;\n",
        ),
        file(Kind::Services, "id,name,duration_min\ncorte,Corte,0\npoda,Poda,30\n"),
        file(
            Kind::Professionals,
            "id,name,hours,services\nana,Ana,mon-xyz 9:00-10:00,\nbia,Bia,,corte|poda\n",
        ),
        file(
            Kind::Appointments,
            "professional_id,service_id,start,customer_email\nzed,poda,amanhã,ana@example.com\n",
        ),
        file(Kind::Coupons, "code,kind,value,rule,valid_from,valid_until\nX,percent,\"12,5\",vip,+2d,+1d\n"),
        file(Kind::Contacts, "name,email,phone\nAna,ana@example,123\nBia,,\n"),
    ];
    let report = take(&counter, &files).await;
    let places: Vec<String> = report
        .problems
        .iter()
        .map(|problem| {
            format!("{}:{}:{}", problem.file.trim_end_matches(".csv"), problem.line, problem.column)
        })
        .collect();
    assert_eq!(
        places,
        [
            "appointments:2:start",
            "coupons:2:rule",
            "coupons:2:valid_until",
            "coupons:2:value",
            "customers:2:email",
            "customers:2:phone",
            "customers:3:email",
            "products:2:price",
            "products:3:stock",
            "products:4:variation_of",
            "products:6:sku",
            "professionals:2:hours",
            "professionals:3:services",
            "services:2:duration_min",
        ]
    );
    assert!(report.imported.is_empty());
    assert!(counter.stores.backoffice.is_empty().await.unwrap());

    let report = import(&files, &counter.shop, options(BadRows::Skip)).await.unwrap();
    assert_eq!(report.problems.len(), places.len());
    assert_eq!(report.imported, [(Kind::Products, 1), (Kind::Services, 1)]);
    assert_eq!(counter.stores.backoffice.products().await.unwrap()[0].sku, "D");
}

#[tokio::test]
async fn customers_are_matched_by_email_and_phone() {
    let counter = Counter::demo().await;
    let ana = counter.by_email("ana.souza@example.com").await;
    let files = [file(
        Kind::Contacts,
        "nome;e-mail;telefone;etiquetas\nAna S. Lima;ANA.SOUZA@example.com;;noiva\nOutra;outra@example.com;(11) 95555-0101;\n",
    )];
    let report = take(&counter, &files).await;
    assert_eq!(report.problems.len(), 1, "a phone that belongs to somebody else");
    assert_eq!((report.problems[0].line, report.problems[0].column.as_str()), (3, "phone"));

    let report = import(&files, &counter.shop, options(BadRows::Skip)).await.unwrap();
    assert_eq!(report.imported, [(Kind::Contacts, 1)]);
    let after = counter.by_email("ana.souza@example.com").await;
    assert_eq!((after.id, after.name.as_deref(), &after.phone), (ana.id, Some("Ana S. Lima"), &ana.phone));
    assert!(after.tags.contains(&"noiva".to_owned()) && after.tags.contains(&"vip".to_owned()));

    // Somebody who came through the chat first keeps their id; their orders find them.
    let visitor = counter.visitor().await;
    let email = Identity { kind: IdentityKind::Email, value: "nova@example.com".to_owned() };
    counter.stores.contacts.link(visitor, &email, ana.created_at).await.unwrap();
    let order = "number,customer_email,placed_at,status,items,total\n9001,nova@example.com,-1d,paid,PLA-005 x1,\"16,90\"\n9002,quem@example.com,-1d,paid,PLA-005,\"16,90\"\n";
    assert_eq!(take(&counter, &[file(Kind::Orders, order)]).await.problems, []);
    assert_eq!(counter.stores.backoffice.orders(visitor).await.unwrap()[0].number, "9001");
    let new = counter.by_email("quem@example.com").await;
    assert_eq!(new.id, contact_id("quem@example.com"));
    assert_eq!(counter.stores.backoffice.orders(new.id).await.unwrap()[0].total, Money(1_690));
}

#[tokio::test]
async fn two_appointments_at_one_time_are_refused() {
    let counter = Counter::demo().await;
    let rows = "professional_id,service_id,start,customer_email,status\n\
        marina,manutencao,+3bd 14:00,ana.souza@example.com,confirmed\n\
        marina,replantio,+3bd 15:30,bruno.carvalho@example.com,confirmed\n\
        marina,replantio,+3bd 15:30,bruno.carvalho@example.com,cancelled\n\
        marina,replantio,+2bd 10:30,bruno.carvalho@example.com,confirmed\n";
    let report = take(&counter, &[file(Kind::Appointments, rows)]).await;
    let lines: Vec<u64> = report.problems.iter().map(|problem| problem.line).collect();
    // Line 4 is the same appointment as line 3; line 5 meets one that is on file.
    assert_eq!(lines, [3, 4, 5]);
}

#[tokio::test]
async fn hostile_cells_do_no_harm_and_come_back() {
    let counter = Counter::empty().await;
    let name = "=HYPERLINK(\"http://x\")";
    let rows = format!(
        "sku,name,description,price,stock\nA,\"{}\",\"'+cmd|' /C calc'!A0\",1.00,1\nB,'@SUM(A1),\u{202e}txt,1.00,1\n",
        name.replace('"', "\"\"")
    );
    assert_eq!(take(&counter, &[file(Kind::Products, &rows)]).await.problems, []);
    let products = counter.stores.backoffice.products().await.unwrap();
    assert_eq!((products[0].name.as_str(), products[1].name.as_str()), (name, "@SUM(A1)"));
    let mut bytes = Vec::new();
    export(Kind::Products, &counter.shop, &mut bytes).await.unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.starts_with('\u{feff}'));
    assert!(
        text.contains("\"'=HYPERLINK(\"\"http://x\"\")\"")
            && text.contains("'@SUM(A1)")
            && text.contains("'+cmd")
    );
    let again = CsvFile { kind: Kind::Products, name: "p.csv".to_owned(), bytes };
    assert_eq!(take(&counter, &[again]).await.problems, []);
    assert_eq!(counter.stores.backoffice.products().await.unwrap(), products);
}

#[tokio::test]
async fn an_import_that_breaks_a_rule_of_the_store_leaves_nothing_behind() {
    let counter = Counter::demo().await;
    let ana = counter.by_email("ana.souza@example.com").await;
    let products = counter.stores.backoffice.products().await.unwrap();
    let thief =
        balcao::domain::contact::Contact { id: contact_id("x@example.com"), email: None, ..ana.clone() };
    let rows = balcao::store::backoffice::ImportRows {
        contacts: vec![thief.clone()],
        products: vec![balcao::domain::catalog::Product { price: Money(1), ..products[0].clone() }],
        ..Default::default()
    };
    let refused = counter.stores.backoffice.import(rows).await;
    assert!(matches!(refused, Err(balcao::store::error::StoreError::Conflict(_))), "her phone is hers");
    assert_eq!(counter.stores.backoffice.products().await.unwrap(), products);
    assert_eq!(counter.stores.contacts.get(thief.id).await.unwrap(), None);
}
