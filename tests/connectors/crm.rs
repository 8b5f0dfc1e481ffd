//! The CRM of a vendor's: people are found, never doubled, never mixed; deals and notes are made once.

use super::fakes::chatwoot::Chatwoot;
use super::fakes::hubspot::HubSpot;
use super::fakes::kommo::Kommo;
use super::fakes::pipedrive::Pipedrive;
use super::fakes::rdstation_crm::RdStation;
use super::fakes::server::{Answer, Fake, Fault, Vendor};
use super::support::{CHATWOOT, HUBSPOT, KOMMO, PIPEDRIVE, RDSTATION_CRM, World};
use balcao::backoffice::BackofficeError;
use balcao::backoffice::connector::Connector;
use balcao::backoffice::connector::crm::ConnectorCrm;
use balcao::backoffice::crm::{ContactOutcome, Crm, Handle, SaveContact, SaveOpportunity};
use balcao::domain::ids::ContactId;
use balcao::domain::money::Money;
use serde_json::json;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A person as a vendor has them.
#[derive(Clone, PartialEq, Debug)]
pub struct Person {
    pub name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
}

impl Person {
    pub fn new(name: &str, email: &str, phone: &str) -> Self {
        Self { name: name.to_owned(), email: Some(email.to_owned()), phone: Some(phone.to_owned()) }
    }
}

/// A CRM whose team and whose books the contract can look at.
pub trait CrmVendor: Vendor {
    /// The team enters somebody.
    fn know(&mut self, person: &Person);
    /// The team enters a deal, which was lost, for whom it entered last.
    fn sell(&mut self, title: &str, value: f64);
    /// Everybody there is.
    fn people(&self) -> Vec<Person>;
    /// Title, value and stage, in our words, of every deal.
    fn deals(&self) -> Vec<(String, f64, String)>;
    /// Every note as it is kept.
    fn notes(&self) -> Vec<String>;
    /// What the vendor keeps of a value.
    fn kept(value: f64) -> f64 {
        value
    }
}

/// What making something is at a vendor: the call, and whether it is found again when its answer is lost.
type Made = (&'static str, &'static str, bool);

/// What every CRM owes, a vendor's and the embedded one.
async fn crm_owed(world: &World, crm: &dyn Crm) {
    let visitor = world.counter.visitor().await;
    for _ in 0..2 {
        let saved = crm.save_contact("o/1", lead(visitor, "Nadia@Jardim.example")).await.unwrap();
        assert_eq!(saved.contact.id, visitor);
    }
    let found = crm.find_contact(&Handle::Email("nadia@jardim.example".to_owned())).await.unwrap().unwrap();
    assert_eq!(found.id, visitor, "found whichever way it is written");
    assert!(crm.find_contact(&Handle::Email("outra@jardim.example".to_owned())).await.unwrap().is_none());
    let opportunity = crm.save_opportunity("o/2", chance(visitor)).await.unwrap();
    assert_eq!(crm.save_opportunity("o/2", chance(visitor)).await.unwrap().id, opportunity.id);
    let won = SaveOpportunity { id: Some(opportunity.id), stage: Some("won".to_owned()), ..chance(visitor) };
    crm.save_opportunity("o/3", won).await.unwrap();
    for _ in 0..2 {
        crm.add_note("o/4", visitor, "Prefere a tarde.").await.unwrap();
    }
    let history = crm.history(visitor).await.unwrap();
    let told: Vec<_> =
        history.opportunities.iter().map(|own| (own.title.as_str(), own.stage.as_str())).collect();
    assert_eq!(told, [(opportunity.title.as_str(), "won")]);
    let notes: Vec<&str> = history.notes.iter().map(|note| note.text.as_str()).collect();
    assert_eq!(notes, ["Prefere a tarde."]);
    // Somebody who is known already is linked, whoever writes now.
    let other = world.counter.visitor().await;
    let linked = crm.save_contact("o/5", lead(other, "nadia@jardim.example")).await.unwrap();
    assert_eq!(linked.outcome, ContactOutcome::Linked);
    assert_eq!(linked.contact.id, visitor);
}

#[tokio::test]
async fn the_embedded_crm_keeps_the_contract() {
    let world = World::new().await;
    crm_owed(&world, &*world.counter.backoffice.crm.clone()).await;
}

/// The same, and what only a vendor's CRM can do wrong.
async fn crm_contract<V: CrmVendor>(
    connect: impl Fn(&World, &Fake<V>) -> Arc<Connector>,
    vendor: impl Fn() -> V,
    [person, deal, note]: [Made; 3],
) {
    let sold = |stage: &str| ("Jardim vertical".to_owned(), V::kept(12_345.5), stage.to_owned());
    let world = World::new().await;
    let fake = Fake::start(vendor()).await;
    crm_owed(&world, &*beside(&world, connect(&world, &fake))).await;
    // A new lead is made once, with a deal and a note.
    let world = World::new().await;
    let fake = Fake::start(vendor()).await;
    let crm = beside(&world, connect(&world, &fake));
    let visitor = world.counter.visitor().await;
    let saved = crm.save_contact("t/c1", lead(visitor, "Rita@Jardim.example")).await.unwrap();
    assert_eq!(saved.outcome, ContactOutcome::Created);
    crm.save_contact("t/c1", lead(visitor, "rita@jardim.example")).await.unwrap();
    let opportunity = crm.save_opportunity("t/c2", chance(visitor)).await.unwrap();
    assert_eq!(crm.save_opportunity("t/c2", chance(visitor)).await.unwrap().id, opportunity.id);
    let text = "Quer <b>plantas</b> nativas\n& sombra";
    crm.add_note("t/c3", visitor, text).await.unwrap();
    crm.add_note("t/c3", visitor, text).await.unwrap();
    {
        let vendor = fake.vendor.lock().unwrap();
        let rita = Person::new("Rita de Cássia Nunes", "rita@jardim.example", "+5511955550177");
        assert_eq!(vendor.people(), [rita]);
        assert_eq!(vendor.deals(), [sold("qualified")]);
        let notes = vendor.notes();
        let kept = ["Quer &lt;b&gt;plantas&lt;/b&gt; nativas<br>&amp; sombra", text];
        assert!(notes.len() == 1 && kept.contains(&notes[0].as_str()), "{notes:?}");
    }
    // A change goes to the same deal.
    let won = SaveOpportunity { id: Some(opportunity.id), stage: Some("won".to_owned()), ..chance(visitor) };
    crm.save_opportunity("t/c4", won).await.unwrap();
    assert_eq!(fake.vendor.lock().unwrap().deals(), [sold("won")]);

    // Whom the vendor knows is linked, and what its team wrote stays.
    let carla = Person::new("Carla Reis", "Carla@casa.example", "11 5555-0100");
    fake.vendor.lock().unwrap().know(&carla);
    let stranger = world.counter.visitor().await;
    let request = SaveContact { name: Some("Outro Nome".to_owned()), ..lead(stranger, "carla@casa.example") };
    let request = SaveContact { phone: Some("11 95555-0999".to_owned()), ..request };
    let linked = crm.save_contact("t/c5", request).await.unwrap();
    assert_eq!(linked.outcome, ContactOutcome::Linked);
    assert_eq!(linked.contact.name.as_deref(), Some("Carla Reis"));
    assert_eq!(fake.vendor.lock().unwrap().people()[1..], [carla]);
    let connector = connect(&world, &fake);
    if connector.can("opportunities") {
        fake.vendor.lock().unwrap().sell("Reforma", 800.0);
        let history = crm.history(linked.contact.id).await.unwrap();
        let told: Vec<_> = history.opportunities.iter().map(|own| (own.value, own.stage.as_str())).collect();
        assert_eq!(told, [(Some(Money(80_000)), "lost")]);
    }
    if connector.can("contact_by_phone") {
        let davi = Person::new("Davi", "davi@casa.example", "+551185550188");
        fake.vendor.lock().unwrap().know(&davi);
        let found = crm.find_contact(&Handle::Phone("11 98555-0188".to_owned())).await.unwrap().unwrap();
        assert_eq!(found.email.as_deref(), Some("davi@casa.example"));
        assert!(crm.find_contact(&Handle::Phone("11 98555-0189".to_owned())).await.unwrap().is_none());
    }

    // Whatever answer is lost: nothing is made twice, and what can be found again is.
    let world = World::new().await;
    let fake = Fake::start(vendor()).await;
    let crm = beside(&world, connect(&world, &fake));
    let visitor = world.counter.visitor().await;
    for (method, path, _) in [person, deal, note] {
        fake.fail(method, path, Fault::Lose);
    }
    for _ in 0..2 {
        let saved = crm.save_contact("t/c1", lead(visitor, "rita@jardim.example")).await.map(drop);
        assert_known(saved, person);
    }
    for _ in 0..2 {
        assert_known(crm.save_opportunity("t/c2", chance(visitor)).await.map(drop), deal);
    }
    for _ in 0..2 {
        assert_known(crm.add_note("t/c3", visitor, "oi").await.map(drop), note);
    }
    assert!(fake.is_done_failing());
    {
        let vendor = fake.vendor.lock().unwrap();
        assert_eq!((vendor.people().len(), vendor.deals().len(), vendor.notes().len()), (1, 1, 1));
    }
    // What never arrived is not taken for what was there an hour before, however alike it is.
    world.counter.clock.advance(Duration::from_secs(3_600));
    for (method, path, _) in [deal, note] {
        fake.fail(method, path, Fault::Drop);
    }
    let unknown = crm.save_opportunity("t/c9", chance(visitor)).await;
    assert!(matches!(unknown, Err(BackofficeError::Unknown(_))), "{unknown:?}");
    let unknown = crm.add_note("t/c10", visitor, "oi").await;
    assert!(matches!(unknown, Err(BackofficeError::Unknown(_))), "{unknown:?}");
    assert!(fake.is_done_failing());
    let vendor = fake.vendor.lock().unwrap();
    assert_eq!((vendor.deals().len(), vendor.notes().len()), (1, 1));
}

fn assert_known(outcome: Result<(), BackofficeError>, (method, path, is_found): Made) {
    match is_found {
        true => assert!(outcome.is_ok(), "{method} {path}: {outcome:?}"),
        false => {
            assert!(matches!(outcome, Err(BackofficeError::Unknown(_))), "{method} {path}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn hubspot_keeps_the_contract() {
    let made =
        [("POST", "/contacts/batch/upsert", true), ("POST", "/deals", true), ("POST", "/notes", false)];
    let connect = |world: &World, fake: &Fake<HubSpot>| world.connector("hubspot", fake, &HUBSPOT);
    crm_contract(connect, || HubSpot::new("pat-1"), made).await;
}

#[tokio::test]
async fn pipedrive_keeps_the_contract() {
    let made = [("POST", "/persons", true), ("POST", "/deals", true), ("POST", "/notes", true)];
    let connect = |world: &World, fake: &Fake<Pipedrive>| world.connector("pipedrive", fake, &PIPEDRIVE);
    crm_contract(connect, Pipedrive::default, made).await;
}

#[tokio::test]
async fn pipedrive_shuts_out_whoever_hurries_and_that_is_no_matter_of_credentials() {
    let world = World::new().await;
    let fake = Fake::start(Pipedrive::default()).await;
    let crm = beside(&world, world.connector("pipedrive", &fake, &PIPEDRIVE));
    let visitor = world.counter.visitor().await;
    let page = Answer { body: "<html>Sorry, you have been blocked</html>".to_owned(), ..Answer::empty(403) };
    fake.fail("POST", "/persons", Fault::Refuse(page));
    // Nothing was done, so the same call is made again after a pause.
    crm.save_contact("t/c1", lead(visitor, "rita@jardim.example")).await.unwrap();
    assert_eq!(fake.asked_of("POST", "/persons").len(), 2);
    assert_eq!(fake.vendor.lock().unwrap().people().len(), 1);
    // 403 in the vendor's own words is one.
    let forbidden = json!({"success": false, "error": "Scope and URL mismatch"});
    fake.fail("POST", "/deals", Fault::Refuse(Answer::json(403, forbidden)));
    let refused = crm.save_opportunity("t/c2", chance(visitor)).await;
    assert!(matches!(refused, Err(BackofficeError::Unusable(_))), "{refused:?}");
    assert_eq!(fake.asked_of("POST", "/deals").len(), 1);
}

fn rdstation(world: &World, fake: &Fake<RdStation>) -> Arc<Connector> {
    world.connector("rdstation_crm", fake, &RDSTATION_CRM)
}

#[tokio::test]
async fn rd_station_crm_keeps_the_contract() {
    let made = [("POST", "/contacts", true), ("POST", "/deals", true), ("POST", "/activities", true)];
    crm_contract(rdstation, RdStation::default, made).await;
}

#[tokio::test]
async fn at_rd_station_a_note_on_somebody_without_deals_is_added_to_what_their_contact_says() {
    let world = World::new().await;
    let fake = Fake::start(RdStation::default()).await;
    let crm = beside(&world, rdstation(&world, &fake));
    let visitor = world.counter.visitor().await;
    crm.save_contact("t/c1", lead(visitor, "rita@jardim.example")).await.unwrap();
    fake.vendor.lock().unwrap().contacts[0]["notes"] = json!("Cliente antiga");
    fake.fail("PUT", "/contacts", Fault::Lose);
    crm.add_note("t/c2", visitor, "Quer plantas").await.unwrap();
    assert_eq!(fake.vendor.lock().unwrap().notes(), ["Cliente antiga\n\nQuer plantas"]);
    assert!(fake.is_done_failing());
}

#[tokio::test]
async fn kommo_keeps_the_contract() {
    let made = [("POST", "/contacts", true), ("POST", "/leads", true), ("POST", "/notes", true)];
    let connect = |world: &World, fake: &Fake<Kommo>| world.connector("kommo", fake, &KOMMO);
    crm_contract(connect, Kommo::default, made).await;
}

#[tokio::test]
async fn chatwoot_keeps_the_contract_of_a_crm() {
    let made = [("POST", "/contacts", true), ("POST", "/conversations", true), ("POST", "/notes", true)];
    let connect = |world: &World, fake: &Fake<Chatwoot>| world.connector("chatwoot", fake, &CHATWOOT);
    crm_contract(connect, Chatwoot::default, made).await;
}

/// Takes in what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_token_that_stands_in_the_address_is_in_no_log_and_no_error() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    // A second subscriber: of a lone one it is taken for granted that whichever thread comes by a call site first has
    // it, and other tests' threads have none.
    let _beside = tracing::Dispatch::new(tracing_subscriber::fmt().with_writer(std::io::sink).finish());
    let _here = tracing::subscriber::set_default(subscriber);
    let world = World::new().await;
    let fake = Fake::start(RdStation::default()).await;
    let crm = beside(&world, rdstation(&world, &fake));
    let email = Handle::Email("nova@casa.example".to_owned());
    let mut told = String::new();
    let answers = [
        Fault::Drop,
        Fault::Drop,
        Fault::Drop,
        Fault::Refuse(Answer::json(401, json!({"error": "Token inválido"}))),
    ];
    for fault in answers {
        fake.fail("GET", "/contacts", fault);
    }
    for _ in 0..2 {
        told.push_str(&format!("{:?}", crm.find_contact(&email).await.unwrap_err()));
    }
    assert!(fake.is_done_failing());
    let url = fake.url.clone();
    drop(fake);
    let nobody = beside(&world, world.built_in("rdstation_crm", &url, &RDSTATION_CRM));
    told.push_str(&format!("{:?}", nobody.find_contact(&email).await.unwrap_err()));
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("credentials refused") && logged.contains("Token inválido"), "{logged}");
    assert!(!logged.contains("rd-s3cret") && !told.contains("rd-s3cret"), "{logged}{told}");
    assert!(!logged.contains("nova@casa.example"), "{logged}");
}

fn crm(world: &World, fake: &Fake<HubSpot>) -> Arc<dyn Crm> {
    beside(world, world.connector("hubspot", fake, &HUBSPOT))
}

/// A vendor's CRM beside the own book.
pub fn beside(world: &World, vendor: Arc<Connector>) -> Arc<dyn Crm> {
    Arc::new(ConnectorCrm::new(
        vendor,
        world.counter.backoffice.crm.clone(),
        world.counter.stores.contacts.clone(),
        world.counter.stores.backoffice.clone(),
        world.counter.clock.clone(),
    ))
}

pub fn lead(contact: ContactId, email: &str) -> SaveContact {
    SaveContact {
        name: Some("Rita de Cássia Nunes".to_owned()),
        email: Some(email.to_owned()),
        phone: Some("(11) 95555-0177".to_owned()),
        ..SaveContact::of(contact)
    }
}

pub fn chance(contact: ContactId) -> SaveOpportunity {
    SaveOpportunity {
        id: None,
        contact,
        title: "Jardim vertical".to_owned(),
        value: Some(Money(1_234_550)),
        stage: Some("qualified".to_owned()),
        origin: None,
    }
}

#[tokio::test]
async fn whom_the_vendor_knows_is_linked_and_nobody_takes_their_record_over() {
    let world = World::new().await;
    let mut hubspot = HubSpot::new("pat-1");
    hubspot.contacts.push(json!({"id": "7", "properties":
        {"email": "carla@casa.example", "firstname": "Carla", "lastname": "Reis", "phone": "11 5555-0100"}}));
    let fake = Fake::start(hubspot).await;
    let crm = crm(&world, &fake);
    let visitor = world.counter.visitor().await;
    let request = SaveContact { name: Some("Outro Nome".to_owned()), ..lead(visitor, "carla@casa.example") };
    let saved = crm.save_contact("t/c1", request).await.unwrap();
    assert_eq!(saved.outcome, ContactOutcome::Linked);
    assert_ne!(saved.contact.id, visitor);
    assert_eq!(saved.contact.name.as_deref(), Some("Carla Reis"));
    {
        let hubspot = fake.vendor.lock().unwrap();
        assert_eq!(hubspot.contacts.len(), 1);
        assert_eq!(hubspot.contacts[0]["properties"]["firstname"], "Carla");
        assert_eq!(
            hubspot.contacts[0]["properties"]["phone"], "11 5555-0100",
            "a stranger's phone is not filled in"
        );
    }
    let found = crm.find_contact(&Handle::Email("CARLA@casa.example".to_owned())).await.unwrap().unwrap();
    assert_eq!(found.id, saved.contact.id);
    // Her deals come along with her history.
    fake.vendor.lock().unwrap().deals.push(json!({"id": "90", "properties":
        {"dealname": "Reforma", "amount": "800", "dealstage": "closedlost", "createdate": "2026-01-02T10:00:00Z"},
        "associations": [{"to": {"id": "7"}}]}));
    let history = crm.history(saved.contact.id).await.unwrap();
    assert_eq!(history.opportunities.len(), 1);
    assert_eq!(history.opportunities[0].value, Some(Money(80_000)));
    assert_eq!(history.opportunities[0].stage, "lost");
    assert_eq!(crm.history(saved.contact.id).await.unwrap().opportunities.len(), 1, "taken over once");
}

#[tokio::test]
async fn a_search_that_lags_behind_doubles_nobody_and_nothing() {
    let world = World::new().await;
    let mut hubspot = HubSpot::new("pat-1");
    hubspot.search_lags = true;
    let fake = Fake::start(hubspot).await;
    let crm = crm(&world, &fake);
    let visitor = world.counter.visitor().await;
    let contact = crm.save_contact("t/c1", lead(visitor, "rita@casa.example")).await.unwrap().contact.id;
    // The answer to the deal is lost, and the search does not know it yet: nobody can say whether it is there.
    fake.fail("POST", "/crm/objects/2026-09/deals", Fault::Lose);
    let first = crm.save_opportunity("t/c2", chance(contact)).await;
    assert!(matches!(first, Err(BackofficeError::Unknown(_))), "{first:?}");
    let again = crm.save_opportunity("t/c2", chance(contact)).await;
    assert!(matches!(again, Err(BackofficeError::Unknown(_))), "{again:?}");
    // The same person in another turn, under another key.
    crm.save_contact("t2/c1", lead(visitor, "rita@casa.example")).await.unwrap();
    {
        let mut hubspot = fake.vendor.lock().unwrap();
        assert_eq!((hubspot.contacts.len(), hubspot.deals.len()), (1, 1));
        hubspot.search_lags = false;
    }
    crm.save_opportunity("t/c2", chance(contact)).await.unwrap();
    assert_eq!(fake.vendor.lock().unwrap().deals.len(), 1, "found once the search has caught up");
}

#[tokio::test]
async fn an_alias_of_an_address_is_another_address() {
    let world = World::new().await;
    let mut pipedrive = Pipedrive::default();
    pipedrive.know(&Person::new("Nadia Reis", "nadia@casa.example", "+5511955550100"));
    let fake = Fake::start(pipedrive).await;
    let crm = beside(&world, world.connector("pipedrive", &fake, &PIPEDRIVE));
    for (key, email) in [("t/c1", "nadia+loja@casa.example"), ("t/c2", "n.adia@casa.example")] {
        let visitor = world.counter.visitor().await;
        let request = SaveContact { phone: None, ..lead(visitor, email) };
        let saved = crm.save_contact(key, request).await.unwrap();
        assert_eq!((saved.outcome, saved.contact.id), (ContactOutcome::Created, visitor), "{email}");
        let found = crm.find_contact(&Handle::Email(email.to_owned())).await.unwrap().unwrap();
        assert_eq!(
            found.id, visitor,
            "whoever can write such an address has not shown that Nadia's is theirs"
        );
    }
    assert_eq!(fake.vendor.lock().unwrap().people().len(), 3);
}

#[tokio::test]
async fn two_people_who_share_a_phone_stay_two() {
    let world = World::new().await;
    let mut hubspot = HubSpot::new("pat-1");
    // The phone of Rita's household, under her husband's name at the vendor.
    hubspot.contacts.push(json!({"id": "9", "properties":
        {"email": "otto@jardim.example", "firstname": "Otto", "phone": "+5511955550177"}}));
    let fake = Fake::start(hubspot).await;
    let visitor = world.counter.visitor().await;
    // The book has Rita under it, from a time before the vendor.
    world.counter.backoffice.crm.save_contact("t/c0", lead(visitor, "rita@jardim.example")).await.unwrap();
    let crm = crm(&world, &fake);
    let found = crm.find_contact(&Handle::Phone("(11) 95555-0177".to_owned())).await.unwrap().unwrap();
    assert_eq!(found.email.as_deref(), Some("rita@jardim.example"));
    crm.add_note("t/c1", visitor, "Prefere orquídeas").await.unwrap();
    let otto = crm.find_contact(&Handle::Email("otto@jardim.example".to_owned())).await.unwrap().unwrap();
    assert_ne!(otto.id, visitor);
    let hubspot = fake.vendor.lock().unwrap();
    assert_eq!(hubspot.contacts.len(), 2, "Rita has a record of her own: {:?}", hubspot.contacts);
    assert_ne!(hubspot.notes[0]["associations"][0]["to"]["id"], "9", "and what is noted of her is not his");
}

#[tokio::test]
async fn the_stages_of_a_history_are_the_ones_the_operator_named() {
    let world = World::new().await;
    let mut hubspot = HubSpot::new("pat-1");
    hubspot.know(&Person::new("Carla Reis", "carla@casa.example", "11 5555-0100"));
    hubspot.sell("Reforma", 800.0);
    hubspot.deals[0]["properties"]["dealstage"] = json!("fechado_ganho");
    let fake = Fake::start(hubspot).await;
    let values = [("access_token", "pat-1"), ("stage_won", "fechado_ganho")];
    let crm = beside(&world, world.connector("hubspot", &fake, &values));
    let found = crm.find_contact(&Handle::Email("carla@casa.example".to_owned())).await.unwrap().unwrap();
    assert_eq!(crm.history(found.id).await.unwrap().opportunities[0].stage, "won");
}

#[tokio::test]
async fn while_the_vendor_is_away_the_own_book_answers() {
    let world = World::new().await;
    let fake = Fake::start(HubSpot::new("pat-1")).await;
    let crm = crm(&world, &fake);
    let known = Handle::Email("ana.souza@example.com".to_owned());
    for _ in 0..3 {
        fake.fail("GET", "/contacts/", Fault::Refuse(Answer::empty(503)));
    }
    let found = crm.find_contact(&known).await.unwrap().unwrap();
    assert_eq!(found.name.as_deref(), Some("Ana Souza"));
    for _ in 0..3 {
        fake.fail("GET", "/contacts/", Fault::Refuse(Answer::empty(503)));
    }
    let unknown = crm.find_contact(&Handle::Email("nova@casa.example".to_owned())).await;
    assert!(matches!(unknown, Err(BackofficeError::Unavailable(_))), "{unknown:?}");
}
