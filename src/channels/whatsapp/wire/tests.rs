//! Bodies as Meta documents them, as others have seen them, and as nobody has ever seen them.

use super::*;
use proptest::prelude::*;
use serde_json::json;

fn body(field: &str, value: Value) -> Vec<u8> {
    let body = json!({"object": "whatsapp_business_account", "entry": [{"id": "700100200300", "changes": [{"field": field, "value": value}]}]});
    serde_json::to_vec(&body).unwrap()
}

fn joana() -> Value {
    json!({"profile": {"name": "Joana Prado", "username": "joana.prado"}, "wa_id": "5511987650001", "user_id": "BR.55501234567890"})
}

fn only(updates: Vec<Update>) -> Update {
    assert_eq!(updates.len(), 1, "{updates:#?}");
    updates.into_iter().next().unwrap()
}

fn message(value: Value) -> Incoming {
    match only(read(&body("messages", value)).unwrap()).what {
        What::Message(message) => *message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_documented_envelope_is_read_whole() {
    let value = json!({"messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "551140028922", "phone_number_id": "900100200300"},
        "contacts": [joana()],
        "messages": [{"from": "5511987650001", "from_user_id": "BR.55501234567890", "id": "wamid.EXEMPLO001=",
            "timestamp": "1795363200", "type": "text", "text": {"body": "Quero um orçamento"},
            "context": {"from": "551140028922", "id": "wamid.NOSSA=", "referred_product": {"product_retailer_id": "SKU-7"}},
            "referral": {"source_type": "ad", "ctwa_clid": "AffEXEMPLOclid"}}]});
    let update = only(read(&body("messages", value)).unwrap());
    assert_eq!(update.number, PhoneNumberId::read("900100200300"));
    assert_eq!(update.at.map(Timestamp::as_second), Some(1_795_363_200));
    let What::Message(message) = update.what else { panic!() };
    assert_eq!(message.id, "wamid.EXEMPLO001=");
    let joana = Person {
        user: UserId::read("BR.55501234567890"),
        phone: WaId::read("5511987650001"),
        name: Some("Joana Prado".to_owned()),
        username: Some("joana.prado".to_owned()),
    };
    assert_eq!(message.from, joana);
    assert_eq!(message.replies_to.as_deref(), Some("wamid.NOSSA="));
    assert_eq!(message.product.as_deref(), Some("SKU-7"));
    assert_eq!(message.referral.unwrap()["ctwa_clid"], "AffEXEMPLOclid");
    assert!(!message.in_group && !message.is_observed);
}

#[test]
fn every_entry_change_and_element_is_walked() {
    let words = |id: &str| json!({"from": "5511987650001", "id": id, "type": "text", "text": {"body": "oi"}});
    let value = |first: &str, second: &str| {
        json!({"metadata": {"phone_number_id": 1}, "messages": [words(first), words(second)],
        "statuses": [{"id": "s", "status": "sent"}], "errors": [{"code": 131_052, "title": "x"}]})
    };
    let change = |first: &str, second: &str| json!({"field": "messages", "value": value(first, second)});
    let entries = json!({"entry": [
        {"changes": [change("1", "2"), change("3", "4")]}, {"changes": [change("5", "6"), change("7", "8")]}]});
    let updates = read(&serde_json::to_vec(&entries).unwrap()).unwrap();
    let ids: Vec<String> = updates
        .iter()
        .filter_map(|update| match &update.what {
            What::Message(message) => Some(message.id.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(ids, ["1", "2", "3", "4", "5", "6", "7", "8"]);
    let count = |wanted: fn(&What) -> bool| updates.iter().filter(|update| wanted(&update.what)).count();
    assert_eq!(count(|what| matches!(what, What::Status(_))), 4);
    assert_eq!(count(|what| matches!(what, What::Trouble { code: Some(code), .. } if code == "131052")), 4);
}

#[test]
fn people_are_known_by_whatever_handles_there_are() {
    let message = |fields: Value, contacts: Value| {
        let mut words = json!({"id": "1", "type": "text", "text": {"body": "oi"}});
        words.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        message(json!({"contacts": contacts, "messages": [words]})).from
    };
    let (user, phone) = (UserId::read("BR.55501234567890"), WaId::read("5511987650001"));
    let known = |fields, contacts| {
        let person = message(fields, contacts);
        (person.user, person.phone, person.name)
    };
    let name = Some("Joana Prado".to_owned());
    // Older payloads: the number alone.
    assert_eq!(known(json!({"from": "5511987650001"}), json!([])), (None, phone.clone(), None));
    // Who has hidden their number.
    assert_eq!(known(json!({"from_user_id": "BR.55501234567890"}), json!([])), (user.clone(), None, None));
    // Where others expected the id.
    assert_eq!(known(json!({"from": "BR.55501234567890"}), json!([])), (user.clone(), None, None));
    // The card tells the rest, in either spelling of the number.
    assert_eq!(
        known(json!({"from": "551187650001"}), json!([joana()])),
        (user.clone(), WaId::read("551187650001"), name.clone())
    );
    assert_eq!(known(json!({}), json!([joana()])), (user.clone(), phone.clone(), name.clone()));
    // Somebody else's card says nothing, alone or among others.
    let bruno = json!({"profile": {"name": "Bruno"}, "wa_id": "5511987650002", "user_id": "BR.2"});
    assert_eq!(known(json!({"from": "5511987650001"}), json!([bruno])), (None, phone.clone(), None));
    assert_eq!(
        known(json!({"from": "5511987650001"}), json!([bruno, joana()])),
        (user.clone(), phone.clone(), name)
    );
    // A number that has passed on to somebody else.
    let heir = json!({"profile": {"name": "Bruno"}, "wa_id": "5511987650001", "user_id": "BR.2"});
    assert_eq!(
        known(json!({"from": "5511987650001", "from_user_id": "BR.55501234567890"}), json!([heir])),
        (user, phone, None)
    );
}

#[test]
fn news_of_people_numbers_and_control_are_read() {
    let moved = |field: &str, value: Value| match only(read(&body(field, value)).unwrap()).what {
        What::Moved(moved) => *moved,
        other => panic!("{other:?}"),
    };
    let system = |from: Value, system: Value| {
        let mut message =
            json!({"id": "wamid.S=", "timestamp": "1795363200", "type": "system", "system": system});
        message.as_object_mut().unwrap().extend(from.as_object().unwrap().clone());
        json!({"metadata": {"phone_number_id": "1"}, "messages": [message]})
    };
    let changed = moved(
        "messages",
        system(
            json!({"from": "5511987650001"}),
            json!({"type": "user_changed_number", "wa_id": "5511977770003"}),
        ),
    );
    assert_eq!(
        (changed.from.phone, changed.to.phone),
        (WaId::read("5511987650001"), WaId::read("5511977770003"))
    );
    let changed = moved(
        "messages",
        system(
            json!({"from": "5511987650001", "from_user_id": "BR.1"}),
            json!({"type": "user_changed_user_id", "wa_id": "5511977770003", "user_id": "BR.77701234"}),
        ),
    );
    assert_eq!((changed.from.user, changed.to.user), (UserId::read("BR.1"), UserId::read("BR.77701234")));
    let changed = moved(
        "messages",
        system(
            json!({}),
            json!({"type": "user_changed_user_id", "previous_user_id": "BR.1", "user_id": "BR.2"}),
        ),
    );
    assert_eq!((changed.from.user, changed.to.user), (UserId::read("BR.1"), UserId::read("BR.2")));
    let update = json!({"contacts": [joana()], "user_id_update": [{"wa_id": "5511987650001", "user_id": {"previous": "BR.1", "current": "BR.2"}, "timestamp": "1795363400"}]});
    let changed = moved("user_id_update", update);
    assert_eq!(
        (changed.from.user, changed.to.user, changed.to.phone),
        (UserId::read("BR.1"), UserId::read("BR.2"), WaId::read("5511987650001"))
    );

    let what = |field: &str, value: Value| only(read(&body(field, value)).unwrap()).what;
    let preference = json!({"user_preferences": [{"wa_id": "5511987650001", "user_id": "BR.1", "category": "marketing_messages", "value": "stop", "timestamp": 1_795_363_200}]});
    let What::Preference(preference) = what("user_preferences", preference) else { panic!() };
    assert!(!preference.wanted && preference.person.user == UserId::read("BR.1"));
    let echo = json!({"metadata": {"phone_number_id": "1"}, "message_echoes": [{"from": "551140028922", "to": "5511987650001", "id": "wamid.E=", "type": "text", "text": {"body": "oi"}}]});
    let What::Echo(echo) = what("smb_message_echoes", echo) else { panic!() };
    assert_eq!((echo.to.phone, echo.content), (WaId::read("5511987650001"), Content::Text("oi".to_owned())));
    let standby = json!({"metadata": {"phone_number_id": "1"}, "standby": {"contacts": [joana()], "messages": [{"from": "5511987650001", "id": "wamid.O=", "type": "text", "text": {"body": "oi"}}]}});
    let What::Message(observed) = what("standby", standby) else { panic!() };
    assert!(observed.is_observed && observed.from.name.as_deref() == Some("Joana Prado"));
    let passed = |recipient: &str| json!({"metadata": {"phone_number_id": "1"}, "type": "control_passed", "recipient": {"phone_number_id": recipient}, "contacts": [joana()]});
    for (recipient, to_us) in [("1", true), ("2", false)] {
        let What::Passed { to_us: told, person } = what("messaging_handovers", passed(recipient)) else {
            panic!()
        };
        assert!(told == to_us && person.user == UserId::read("BR.55501234567890"), "{person:?}");
    }
    for field in ["account_update", "history", "message_template_status_update", ""] {
        assert_eq!(
            what(field, json!({"event": "APPROVED", "history": [{}]})),
            What::Other { field: field.to_owned(), told: None }
        );
    }
}

#[test]
fn half_a_character_costs_itself_alone() {
    let text = r#"{"entry":[{"changes":[{"value":{"contacts":[{"profile":{"name":"Ana \ud83c"},"wa_id":"5511987650001"}],
        "messages":[{"from":"5511987650001","id":"1","type":"text","text":{"body":"\ud83d\ude00 \\ud83d \ude00!"}}]}}]}]}"#;
    let mut bytes = text.as_bytes().to_vec();
    let read_as = |bytes: &[u8]| match only(read(bytes).unwrap()).what {
        What::Message(message) => (message.content, message.from.name),
        other => panic!("{other:?}"),
    };
    let expected = Content::Text("\u{1F600} \\ud83d \u{FFFD}!".to_owned());
    assert_eq!(read_as(&bytes), (expected, Some("Ana \u{FFFD}".to_owned())));
    // Bytes that are no character.
    let place = text.find('!').unwrap();
    bytes[place] = 0xFF;
    let (Content::Text(said), _) = read_as(&bytes) else { panic!() };
    assert!(said.ends_with("\u{FFFD}\u{FFFD}"), "{said}");
}

#[test]
fn what_names_nobody_or_nothing_is_unreadable_by_itself_alone() {
    let words = json!({"from": "5511987650001", "id": "1", "type": "text", "text": {"body": "oi"}});
    let long = "x".repeat(LONGEST_ID + 1);
    let broken = [
        json!("text"),
        json!(null),
        json!({}),
        json!({"from": "5511987650001"}),
        json!({"id": "2"}),
        json!({"from": "nobody", "id": "2"}),
        json!({"from": "5511987650001", "id": long}),
        json!({"from": "5511987650001", "id": "a\nb"}),
        json!([]),
    ];
    for broken in broken {
        let updates = read(&body("messages", json!({"messages": [broken, words]}))).unwrap();
        assert_eq!(updates[0].what, What::Unreadable, "{broken}");
        assert!(matches!(&updates[1].what, What::Message(message) if message.id == "1"), "{broken}");
    }
    for none in ["", "no json", "[]", "{}", "null", "{\"entry\":{}}", "\u{FEFF}{}", "{\"entry\":[}"] {
        assert!(read(none.as_bytes()).is_err(), "{none}");
    }
    assert_eq!(read(b"{\"entry\":\xff}"), Err(NotRead::Json));
    for empty in ["{\"entry\":[]}", "{\"entry\":[1,null,{\"changes\":7}]}"] {
        assert_eq!(read(empty.as_bytes()), Ok(Vec::new()), "{empty}");
    }
    let deep = format!("{{\"entry\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(read(deep.as_bytes()), Err(NotRead::Json));
}

/// JSON of any shape, in which the names that are looked for stand more often than chance would have it.
fn any_json() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        3 => prop::sample::select(vec![
            "entry", "changes", "field", "value", "metadata", "phone_number_id", "contacts", "messages", "statuses",
            "errors", "message_echoes", "user_id_update", "user_preferences", "standby", "recipient", "profile",
            "wa_id", "user_id", "from", "from_user_id", "id", "timestamp", "type", "text", "body", "image",
            "interactive", "button_reply", "nfm_reply", "response_json", "contacts", "order", "product_items",
            "location", "latitude", "edit", "message", "reaction", "system", "referral", "context", "code",
        ]).prop_map(str::to_owned),
        1 => ".{0,8}".prop_map(String::from),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            "5511987650001",
            "BR.55501234567890",
            "text",
            "image",
            "interactive",
            "edit",
            "system",
            "messages",
            "standby",
            "button_reply",
            "{\"a\":[1,{}]}",
            "1795363200",
            "contacts",
            "order",
            "control_passed",
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(7, 80, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::vec((name.clone(), inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_body_is_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
    }

    #[test]
    fn no_json_is_too_strange(value in any_json(), field in "messages|standby|smb_message_echoes|messaging_handovers|.{0,6}") {
        let _ = read(&serde_json::to_vec(&value).unwrap());
        let as_value = read(&body(&field, value.clone())).unwrap();
        prop_assert!(!as_value.is_empty());
        let listed = read(&body(&field, json!({"messages": [value.clone()], "contacts": [value]}))).unwrap();
        for update in as_value.into_iter().chain(listed) {
            if let What::Message(message) = update.what {
                let said = crate::channels::whatsapp::words::said(&message.content, crate::domain::language::Language::Spanish);
                prop_assert!(!said.text.is_empty());
                prop_assert!(!message.from.is_nobody());
            }
        }
    }
}
