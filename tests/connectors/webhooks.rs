//! Who posts at the door of connectors, and which records are taken from what is posted. Signatures were computed with
//! another program.

use super::support::{
    ASAAS, BLING, CHATWOOT, FRESHDESK, GLPI, MERCADO_PAGO, NUVEMSHOP, SHOPIFY, VTEX, WOOCOMMERCE, World,
    ZENDESK,
};
use balcao::backoffice::connector::Connector;
use balcao::backoffice::connector::pack::NewsKind;
use balcao::backoffice::connector::read::read;
use balcao::backoffice::connector::webhook::Posted;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::sync::Arc;

/// A post of a vendor's, signed with `segredo`, and what it means.
struct Case {
    name: &'static str,
    settings: &'static [(&'static str, &'static str)],
    query: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    means: NewsKind,
    key: &'static str,
}

const CASES: [Case; 11] = [
    Case {
        name: "mercado_pago",
        settings: &MERCADO_PAGO,
        query: "data.id=9001&type=payment",
        headers: &[
            (
                "x-signature",
                "ts=1742505638683,v1=2aca2475e3380b36bcaf294751816150dcbfd06fb57473261ff7142c0d1c9285",
            ),
            ("x-request-id", "req-1"),
        ],
        body: r#"{"id":123,"type":"payment","data":{"id":"9001"}}"#,
        means: NewsKind::PaymentChanged,
        key: "9001",
    },
    Case {
        name: "woocommerce",
        settings: &WOOCOMMERCE,
        query: "",
        headers: &[
            ("x-wc-webhook-signature", "ddV8n5jOhxa+2K3/rLNIWXl00uSFsGHVp9wcu0RsXGE="),
            ("x-wc-webhook-topic", "order.updated"),
        ],
        body: r#"{"id":727,"number":"727","status":"completed"}"#,
        means: NewsKind::OrderChanged,
        key: "727",
    },
    Case {
        name: "shopify",
        settings: &SHOPIFY,
        query: "",
        headers: &[
            ("x-shopify-hmac-sha256", "8iD4MLU95yreffVj/Bj4qEnS70d9MDZaxu7tpOdmZqE="),
            ("x-shopify-topic", "orders/fulfilled"),
        ],
        body: r##"{"name":"#1001","id":5}"##,
        means: NewsKind::OrderChanged,
        key: "1001",
    },
    Case {
        name: "nuvemshop",
        settings: &NUVEMSHOP,
        query: "",
        headers: &[(
            "x-linkedstore-hmac-sha256",
            "f52194ed86d169ca910af0e926adfd77a85c4e77c6ca686789c30e6e80b7e3c6",
        )],
        body: r#"{"store_id":1,"event":"order/fulfilled","id":871254203}"#,
        means: NewsKind::OrderChanged,
        key: "871254203",
    },
    Case {
        name: "bling",
        settings: &BLING,
        query: "",
        headers: &[(
            "x-bling-signature-256",
            "sha256=8866139fa23eeef93dbcb3205e595e2a9f7188b8fd5f23add722b12348a87d05",
        )],
        body: r#"{"eventId":"e-1","event":"order.updated","data":{"id":12345,"numero":1}}"#,
        means: NewsKind::OrderChanged,
        key: "12345",
    },
    Case {
        name: "zendesk",
        settings: &ZENDESK,
        query: "",
        headers: &[
            ("x-zendesk-webhook-signature", "IL08EEnh3rEj9xJ+NE0hBGhsmbKwvMUAH3axodqwlK4="),
            ("x-zendesk-webhook-signature-timestamp", "2026-11-24T13:00:00Z"),
        ],
        body: r#"{"ticket_id":35436}"#,
        means: NewsKind::TicketAnswered,
        key: "35436",
    },
    Case {
        name: "freshdesk",
        settings: &FRESHDESK,
        query: "",
        headers: &[("x-balcao-secret", "segredo")],
        body: r#"{"ticket_id":12}"#,
        means: NewsKind::TicketAnswered,
        key: "12",
    },
    Case {
        name: "chatwoot",
        settings: &CHATWOOT,
        query: "",
        headers: &[
            (
                "x-chatwoot-signature",
                "sha256=735dc2b91e874737b534a3abccfae57037cf5af5f53d0ef6385890db7e0315da",
            ),
            ("x-chatwoot-timestamp", "1795525200"),
        ],
        body: r#"{"event":"message_created","message_type":"outgoing","private":false,"conversation":{"id":7}}"#,
        means: NewsKind::TicketAnswered,
        key: "7",
    },
    Case {
        name: "asaas",
        settings: &ASAAS,
        query: "",
        headers: &[("asaas-access-token", "segredo")],
        body: r#"{"id":"evt_05b7&368604920","event":"PAYMENT_RECEIVED","payment":{"id":"pay_100","status":"RECEIVED"}}"#,
        means: NewsKind::PaymentChanged,
        key: "pay_100",
    },
    Case {
        name: "glpi",
        settings: &GLPI,
        query: "",
        headers: &[
            ("x-glpi-signature", "235a2bd2f23aadd5918f0fc827548630ba45b29a22234ba57c1b6b4f3f19eab7"),
            ("x-glpi-timestamp", "1795525200"),
        ],
        body: r#"{"item":{"id":41,"itemtype":"Ticket","items_id":12,"is_private":false},"event":"new","parent_item":{"id":12}}"#,
        means: NewsKind::TicketAnswered,
        key: "12",
    },
    Case {
        name: "vtex",
        settings: &VTEX,
        query: "",
        headers: &[("x-balcao-secret", "segredo")],
        body: r#"{"Domain":"Fulfillment","OrderId":"1510360551014-01","State":"invoiced","LastState":"invoice","Origin":{"Account":"loja","Key":"k"}}"#,
        means: NewsKind::OrderChanged,
        key: "1510360551014-01",
    },
];

impl Case {
    fn connector(&self, world: &World, secrets: &str) -> Arc<Connector> {
        let mut settings = self.settings.to_vec();
        settings.push(("webhook_secrets", secrets));
        world.built_in(self.name, "http://127.0.0.1:9", &settings)
    }

    fn headers(&self) -> HeaderMap {
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        headers.collect()
    }
}

#[tokio::test]
async fn who_has_a_secret_is_let_in_and_nobody_else() {
    let world = World::new().await;
    for case in &CASES {
        let name = case.name;
        let headers = case.headers();
        let posted = Posted { headers: &headers, query: case.query, body: case.body.as_bytes() };
        let lets_in = |secrets: &str, posted: Posted<'_>| {
            case.connector(&world, secrets).webhook().is_some_and(|webhook| webhook.lets_in(posted))
        };
        assert!(lets_in("segredo", posted), "{name}");
        assert!(lets_in("novo, segredo", posted), "{name}: while one secret takes another one's place");
        assert!(!lets_in("novo", posted), "{name}: another secret");
        assert!(case.connector(&world, "").webhook().is_none(), "{name}: without a secret there is no door");
        let nothing = HeaderMap::new();
        assert!(!lets_in("segredo", Posted { headers: &nothing, ..posted }), "{name}: no signature");
        for (header, value) in case.headers {
            let mut other = headers.clone();
            other.insert(
                HeaderName::from_static(header),
                HeaderValue::from_str(&format!("{value}0")).unwrap(),
            );
            let is_signed = !matches!(*header, "x-wc-webhook-topic" | "x-shopify-topic");
            assert_eq!(
                lets_in("segredo", Posted { headers: &other, ..posted }),
                !is_signed,
                "{name} {header}"
            );
        }
        // What Mercado Pago signs is in the address, and a shared secret signs nothing.
        if !["mercado_pago", "freshdesk", "asaas", "vtex"].contains(&name) {
            assert!(!lets_in("segredo", Posted { body: b"{}", ..posted }), "{name}: another body");
        }
        assert!(!lets_in("segredo", Posted { body: b"\xff", ..posted }), "{name}: no text");
    }
    let mercado_pago = &CASES[0];
    let headers = mercado_pago.headers();
    let connector = mercado_pago.connector(&world, "segredo");
    let posted = Posted { headers: &headers, query: "data.id=9002&type=payment", body: b"{}" };
    assert!(!connector.webhook().unwrap().lets_in(posted), "another payment");
}

#[tokio::test]
async fn a_post_names_a_record_and_nothing_else_is_taken_from_it() {
    let world = World::new().await;
    for case in &CASES {
        let connector = case.connector(&world, "segredo");
        let webhook = connector.webhook().unwrap();
        let headers = case.headers();
        let posted = Posted { headers: &headers, query: case.query, body: case.body.as_bytes() };
        let delivery = webhook.read(posted);
        let [named] = delivery.named.as_slice() else { panic!("{}: {delivery:?}", case.name) };
        assert_eq!((named.means, named.key.as_str()), (case.means, case.key), "{}", case.name);
        for body in
            ["", "[]", "null", r#"{"event":"product/updated","id":1}"#, r#"{"type":"plan","ticket_id":null}"#]
        {
            let other = Posted { headers: &HeaderMap::new(), query: "", body: body.as_bytes() };
            assert!(webhook.read(other).named.is_empty(), "{} {body}", case.name);
        }
    }
    // Keys are keys: no words, no lines, nothing long.
    let freshdesk = CASES[6].connector(&world, "segredo");
    let headers = CASES[6].headers();
    for key in ["1 ignore the above".to_owned(), "1\\n2".to_owned(), "9".repeat(121)] {
        let body = format!(r#"{{"ticket_id":"{key}"}}"#);
        let posted = Posted { headers: &headers, query: "", body: body.as_bytes() };
        assert!(freshdesk.webhook().unwrap().read(posted).named.is_empty(), "{key}");
    }
}

#[test]
fn mistakes_in_a_file_are_told_with_their_line() {
    let file = |webhook: &str| {
        format!(
            "title = \"V\"\ndocumentation = \"d\"\nbase_url = \"https://v.example\"\n[auth]\nkind = \"none\"\n\
             [operations.orders]\nmethod = \"GET\"\npath = \"/\"\n{webhook}"
        )
    };
    let mistakes = |webhook: &str| {
        let problems = read("v", "v.toml", &file(webhook)).unwrap_err();
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let found = mistakes("[webhook]\nkind = \"rsa\"\n");
    assert!(found.contains("v.toml:10") && found.contains("hmac, shared"), "{found}");
    assert!(found.contains("[settings.webhook_secrets]"), "{found}");
    let found = mistakes(
        "[webhook]\nkind = \"shared\"\nvalue = \"x\"\n[[webhook.events]]\nmeans = \"paid\"\nkey = \"x\"\n",
    );
    assert!(found.contains("v.toml:13"), "{found}");
}
