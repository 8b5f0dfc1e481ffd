//! What the built-in tools do in a real shop, and what they keep to themselves.

use super::shop::Shop;
use balcao::domain::contact::{Identity, IdentityKind};
use balcao::domain::effect::Effect;
use balcao::domain::language::Language;
use balcao::domain::tool_call::RefusalClass;
use balcao::tools::tool::{ToolContext, ToolError, ToolOutput};
use serde_json::{Value, json};

fn refusal(result: Result<ToolOutput, ToolError>) -> (RefusalClass, String) {
    match result {
        Err(ToolError::Tell { reason, class }) => (class, reason),
        other => panic!("not a refusal: {other:?}"),
    }
}

/// Says a result with the tool's own template in every language.
fn said(shop: &Shop, tool: &str, arguments: &Value, result: &Value) -> String {
    let entry = shop.registry.get(tool).unwrap();
    let spec = entry.spec();
    let mut all = Vec::new();
    for language in Language::ALL {
        let mut environment = minijinja::Environment::new();
        environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
        environment.add_template("say", spec.words.say.get(language).unwrap()).unwrap();
        let values = minijinja::context! {
            result => minijinja::Value::from(minijinja::value::Serde(result)),
            args => minijinja::Value::from(minijinja::value::Serde(arguments)),
        };
        all.push(
            environment
                .get_template("say")
                .unwrap()
                .render(values)
                .unwrap_or_else(|e| panic!("{tool}: {e:#}")),
        );
    }
    all.join("\n--\n")
}

fn proven(mut context: ToolContext, email: &str) -> ToolContext {
    context.verified.push(Identity { kind: IdentityKind::Email, value: email.into() });
    context
}

#[tokio::test]
async fn an_order_is_told_only_with_its_own_email() {
    let shop = Shop::open().await;
    let context = shop.visitor("call_1_0");
    let arguments = json!({"number": "#10400", "email": " Ana.Souza@Example.com"});
    let output = shop.call("order_status", arguments.clone(), &context).await.unwrap();
    insta::assert_json_snapshot!("order_told", output.data);
    insta::assert_snapshot!("order_said", said(&shop, "order_status", &arguments, &output.data));
    let [Effect::Verified { identities }, Effect::Contact { .. }] = output.effects.as_slice() else {
        panic!("{:?}", output.effects)
    };
    assert_eq!(identities[0].value, "ana.souza@example.com");

    let wrong_email = refusal(
        shop.call("order_status", json!({"number": "10400", "email": "x@example.com"}), &context).await,
    );
    let wrong_number = refusal(
        shop.call("order_status", json!({"number": "99999", "email": "ana.souza@example.com"}), &context)
            .await,
    );
    assert_eq!(wrong_email, wrong_number, "whoever guesses learns nothing");
    assert_eq!(wrong_email.0, RefusalClass::NotVerified);
}

#[tokio::test]
async fn products_shipping_and_coupons() {
    let shop = Shop::open().await;
    let context = shop.visitor("call_1_0");
    let arguments = json!({"query": "jiboia"});
    let output = shop.call("product_search", arguments.clone(), &context).await.unwrap();
    insta::assert_json_snapshot!("products_told", output.data);
    insta::assert_snapshot!("products_said", said(&shop, "product_search", &arguments, &output.data));
    let none = shop.call("product_search", json!({"query": "bicicleta elétrica"}), &context).await.unwrap();
    assert_eq!(none.data["count"], 0);
    said(&shop, "product_search", &arguments, &none.data);

    let arguments = json!({"postal_code": "01310-100", "product": "jiboia", "quantity": 2});
    let output = shop.call("shipping_options", arguments.clone(), &context).await.unwrap();
    assert_eq!(output.data["sku"], "PLA-001-M", "of the variations, the one in stock");
    insta::assert_snapshot!("shipping_said", said(&shop, "shipping_options", &arguments, &output.data));

    let public = shop.call("coupon_offer", json!({}), &context).await.unwrap();
    assert_eq!(
        (&public.data["personal"], &public.data["coupons"][0]["code"]),
        (&json!(false), &json!("BEMVINDO10"))
    );
    said(&shop, "coupon_offer", &json!({}), &public.data);
    let known = proven(shop.visitor("call_1_1"), "ana.souza@example.com");
    let personal = shop.call("coupon_offer", json!({}), &known).await.unwrap();
    assert_eq!(
        (&personal.data["personal"], &personal.data["coupons"][0]["code"]),
        (&json!(true), &json!("VERDE12"))
    );
}

#[tokio::test]
async fn an_appointment_from_slots_to_cancelled() {
    let shop = Shop::open().await;
    let services = shop.call("agenda_list_slots", json!({}), &shop.visitor("c0")).await.unwrap().data;
    assert_eq!(services["choose"], "service");
    said(&shop, "agenda_list_slots", &json!({}), &services);
    let arguments = json!({"service": "consultoria online", "when": "2026-11-24"});
    let output = shop.call("agenda_list_slots", arguments.clone(), &shop.visitor("c1")).await.unwrap();
    let [Effect::Buttons { buttons }] = output.effects.as_slice() else { panic!("{:?}", output.effects) };
    assert_eq!(buttons.len(), output.data["slots"].as_array().unwrap().len());
    assert!(buttons[0].label.starts_with("ter 24/11, "), "{buttons:?}");
    assert!(buttons[0].value.starts_with("terça-feira, 24/11, às "), "{buttons:?}");
    let slots = output.data;
    insta::assert_snapshot!("slots_said", said(&shop, "agenda_list_slots", &arguments, &slots));
    let start = slots["slots"][0]["start"].clone();
    assert!(start.as_str().unwrap().starts_with("2026-11-24T"), "{start}");

    let arguments = json!({"service": slots["service"], "start": start});
    let booked = shop.call("agenda_book", arguments.clone(), &shop.visitor("c2")).await.unwrap();
    assert_eq!(booked.effects, [Effect::Wrote]);
    said(&shop, "agenda_book", &arguments, &booked.data);
    let again = shop.call("agenda_book", arguments.clone(), &shop.visitor("c2")).await.unwrap();
    assert_eq!(again.data["code"], booked.data["code"], "the same call books once");
    let somebody_else =
        ToolContext { contact: shop.customer("bruno@example.com").await, ..shop.visitor("c3") };
    let (class, reason) = refusal(shop.call("agenda_book", arguments, &somebody_else).await);
    assert_eq!(class, RefusalClass::System, "{reason}");
    assert!(reason.contains("free times near it: 2026-11-24T"), "{reason}");

    let mine = shop.call("agenda_my_appointments", json!({}), &shop.visitor("c4")).await.unwrap().data;
    assert_eq!(mine["appointments"][0]["code"], booked.data["code"]);
    said(&shop, "agenda_my_appointments", &json!({}), &mine);
    let arguments = json!({"appointment": booked.data["code"], "start": "2026-11-25T10:00"});
    let moved = shop.call("agenda_reschedule", arguments.clone(), &shop.visitor("c5")).await.unwrap().data;
    assert_eq!(moved["start"], "2026-11-25T10:00");
    said(&shop, "agenda_reschedule", &arguments, &moved);

    let stranger = ToolContext { contact: somebody_else.contact, ..shop.visitor("c6") };
    let cancel = json!({"appointment": booked.data["code"]});
    assert_eq!(refusal(shop.call("agenda_cancel", cancel.clone(), &stranger).await).0, RefusalClass::System);
    let off = shop.call("agenda_cancel", cancel.clone(), &shop.visitor("c7")).await.unwrap().data;
    assert_eq!(off["status"], "cancelled");
    said(&shop, "agenda_cancel", &cancel, &off);
    let vague = json!({"service": "oficina", "start": "2026-11-27"});
    assert_eq!(
        refusal(shop.call("agenda_book", vague, &shop.visitor("c8")).await).0,
        RefusalClass::BadArguments
    );
}

#[tokio::test]
async fn a_ticket_is_seen_by_its_owner_or_with_its_email() {
    let shop = Shop::open().await;
    let arguments =
        json!({"description": "Meu vaso chegou quebrado.", "category": "avaria", "order_number": "10400"});
    let opened = shop.call("ticket_create", arguments.clone(), &shop.visitor("c1")).await.unwrap();
    said(&shop, "ticket_create", &arguments, &opened.data);
    let number = opened.data["number"].clone();
    assert!(number.as_i64().unwrap() > 5004);
    let mine = shop.call("ticket_status", json!({}), &shop.visitor("c2")).await.unwrap().data;
    assert_eq!(mine["tickets"][0]["number"], number);
    said(&shop, "ticket_status", &json!({}), &mine);
    let comment = json!({"number": number, "text": "Mandei as fotos."});
    let commented = shop.call("ticket_comment", comment.clone(), &shop.visitor("c3")).await.unwrap().data;
    assert_eq!(commented["last_comment"]["text"], "Mandei as fotos.");
    said(&shop, "ticket_comment", &comment, &commented);

    assert_eq!(
        refusal(shop.call("ticket_status", json!({"number": 5004}), &shop.visitor("c4")).await).0,
        RefusalClass::System
    );
    let wrong = refusal(
        shop.call(
            "ticket_status",
            json!({"number": 5004, "email": "ana.souza@example.com"}),
            &shop.visitor("c5"),
        )
        .await,
    );
    let nobody = refusal(
        shop.call("ticket_status", json!({"number": 5004, "email": "x@example.com"}), &shop.visitor("c6"))
            .await,
    );
    assert_eq!(wrong, nobody);
    let arguments = json!({"number": 5004, "email": "bruno@example.com"});
    let told = shop.call("ticket_status", arguments.clone(), &shop.visitor("c7")).await.unwrap();
    assert_eq!(told.data["status_text"], "em andamento");
    assert!(matches!(told.effects[0], Effect::Verified { .. }));
    said(&shop, "ticket_status", &arguments, &told.data);
}

#[tokio::test]
async fn a_strangers_record_stays_closed() {
    let shop = Shop::open().await;
    let visitor = shop.visitor("c1");
    let arguments = json!({"email": "ana.souza@example.com"});
    let found = shop.call("crm_find_contact", arguments.clone(), &visitor).await.unwrap().data;
    assert_eq!(found, json!({"exists": true, "verified": false}));
    said(&shop, "crm_find_contact", &arguments, &found);
    let nobody =
        shop.call("crm_find_contact", json!({"email": "x@example.com"}), &visitor).await.unwrap().data;
    assert_eq!(nobody, json!({"exists": false}));
    let known = proven(shop.visitor("c2"), "ana.souza@example.com");
    let own = shop.call("crm_find_contact", json!({}), &known).await.unwrap().data;
    assert_eq!((&own["name"], &own["recent_orders"][0]["number"]), (&json!("Ana Souza"), &json!("10400")));
    said(&shop, "crm_find_contact", &json!({}), &own);

    let arguments =
        json!({"name": "Carla Dias", "email": "carla@example.com", "interest": "jardim vertical"});
    let saved = shop.call("crm_save_contact", arguments.clone(), &shop.visitor("c3")).await.unwrap();
    assert_eq!(saved.data["saved"], true);
    said(&shop, "crm_save_contact", &arguments, &saved.data);
    let contact = shop.stores.contacts.get(shop.visitor).await.unwrap().unwrap();
    assert_eq!(
        (contact.email.as_deref(), contact.origin.as_deref()),
        (Some("carla@example.com"), Some("web"))
    );
    let own = shop.call("crm_find_contact", json!({}), &shop.visitor("c4")).await.unwrap().data;
    assert_eq!(own["on_file"], json!(["name", "email"]), "known, but not shown before it is proven");
    assert_eq!(
        refusal(shop.call("crm_save_contact", json!({}), &shop.visitor("c5")).await).0,
        RefusalClass::BadArguments
    );

    let arguments = json!({"title": "Projeto para o escritório", "value": "R$ 5.000,00"});
    let opportunity =
        shop.call("crm_save_opportunity", arguments.clone(), &shop.visitor("c6")).await.unwrap().data;
    assert_eq!(opportunity["value_cents"], 500_000);
    said(&shop, "crm_save_opportunity", &arguments, &opportunity);
    let note = shop
        .call("crm_add_note", json!({"text": "Passa amanhã na loja."}), &shop.visitor("c7"))
        .await
        .unwrap()
        .data;
    said(&shop, "crm_add_note", &json!({}), &note);
    let refused = json!({"about": "pets", "value": "tenho gatos", "consent": false});
    assert_eq!(
        refusal(shop.call("remember", refused, &shop.visitor("c8")).await).0,
        RefusalClass::BadArguments
    );
    let arguments = json!({"about": "pets", "value": "tenho gatos", "consent": true});
    let kept = shop.call("remember", arguments.clone(), &shop.visitor("c9")).await.unwrap().data;
    said(&shop, "remember", &arguments, &kept);
}

#[tokio::test]
async fn a_person_gets_the_whole_picture() {
    let shop = Shop::open().await;
    shop.call("crm_save_contact", json!({"name": "Carla Dias"}), &shop.visitor("c1")).await.unwrap();
    shop.call("ticket_create", json!({"description": "Vaso quebrado na entrega"}), &shop.visitor("c2"))
        .await
        .unwrap();
    let mut context = shop.visitor("c3");
    context.transcript = "cliente: oi\nassistente: olá\ncliente: quero um humano".into();
    let arguments = json!({"reason": "customer_asked", "summary": "Quer falar com alguém sobre o vaso."});
    let output = shop.call("hand_off", arguments.clone(), &context).await.unwrap();
    said(&shop, "hand_off", &arguments, &output.data);
    let [Effect::Wrote, Effect::HandOff { reason, summary }] = output.effects.as_slice() else {
        panic!("{:?}", output.effects)
    };
    assert_eq!(reason, "customer_asked");
    insta::assert_snapshot!("briefing", summary);
}

#[tokio::test]
async fn knowledge_brings_its_sources() {
    let shop = Shop::open().await;
    let arguments = json!({"query": "prazo de troca"});
    let output = shop.call("knowledge_search", arguments.clone(), &shop.visitor("c1")).await.unwrap();
    assert_eq!((output.data["found"].as_u64(), output.sources.len()), (Some(1), 1));
    said(&shop, "knowledge_search", &arguments, &output.data);
}
