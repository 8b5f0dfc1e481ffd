//! What a call to a vendor costs beside the call itself: quota, breaker, templates, reading and checking the answer, and
//! for an effect the two notes of it on the disk. The vendor answers at once, over loopback.

use crate::figures::Figures;
use crate::{Place, Scale};
use anyhow::{Context, anyhow};
use axum::Router;
use axum::routing::{get, post};
use balcao::backoffice::connector::Connector;
use balcao::backoffice::connector::engine::{Ground, Lookup};
use balcao::backoffice::connector::shelf;
use balcao::backoffice::connector::token::Sealer;
use balcao::config::connectors::{ConnectorSetting, Value as Setting};
use balcao::config::load::Places;
use balcao::config::secret::Secret;
use balcao::config::settings::Settings;
use balcao::domain::clock::SystemClock;
use balcao::limits::alerts::Alerts;
use balcao::limits::net::{Allowance, client_builder};
use balcao::limits::pause::TimerPause;
use balcao::store::live::LiveHub;
use balcao::store::open::open;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Nothing is sealed: no token is kept.
struct Plain;

impl Sealer for Plain {
    fn seal(&self, text: &str) -> String {
        text.to_owned()
    }

    fn open(&self, sealed: &str) -> Option<String> {
        Some(sealed.to_owned())
    }
}

/// A ticket with ten comments, as Redmine tells it.
fn ticket() -> Value {
    let comment = |id: i64| {
        json!({"id": id, "user": {"id": 5, "name": "Equipe"}, "notes": "Estamos vendo isso com a transportadora. ".repeat(6),
            "created_on": "2026-11-24T13:00:00Z", "private_notes": false, "details": []})
    };
    json!({"issue": {
        "id": 71, "project": {"id": 1, "name": "Loja"}, "tracker": {"id": 3, "name": "Suporte"},
        "status": {"id": 2, "name": "In Progress", "is_closed": false}, "priority": {"id": 2, "name": "Normal"},
        "author": {"id": 5, "name": "Balcao"}, "subject": "Vaso trincado", "description": "O vaso chegou trincado.",
        "created_on": "2026-11-23T13:00:00Z", "updated_on": "2026-11-24T13:00:00Z",
        "journals": (1..=10).map(comment).collect::<Vec<_>>(),
    }})
}

/// Measures and prints.
pub async fn measure(place: &Place, scale: Scale) -> anyhow::Result<()> {
    let body = ticket();
    let vendor = Router::new()
        .route("/issues/{number}", get(move || std::future::ready(axum::Json(body.clone()))))
        .route("/platform/conversions", post(|| async { axum::Json(json!({"event_uuid": "e-1"})) }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let vendor = tokio::spawn(async move { axum::serve(listener, vendor).await });

    let data = place.data.join("connectors");
    std::fs::create_dir_all(&data)?;
    let settings = Settings::load(None, &Vec::new()).map_err(|problems| anyhow!("{problems:?}"))?;
    let (stores, handle) = open(&settings.store, &data, Arc::new(LiveHub::default())).await?;
    let clock = Arc::new(SystemClock);
    let allowance = Allowance::Everything;
    let client = client_builder(&allowance).build()?;
    let ground = Ground {
        client: client.clone(),
        allowance,
        store: stores.connectors.clone(),
        health: stores.health.clone(),
        sealer: Arc::new(Plain),
        clock: clock.clone(),
        pause: Arc::new(TimerPause),
        alerts: Arc::new(Alerts::logged(clock)),
        cells: None,
    };
    let connector = |name: &str, values: &[(&str, &str)]| {
        // The quota would be waited for.
        let mut pack = shelf::packs(Path::new("nowhere")).map_err(|problems| anyhow!("{problems:?}"))?;
        let mut pack = pack.remove(name).context("no such connector")?;
        Arc::make_mut(&mut pack).quota.requests = 0;
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), Setting(Secret::new(*value))));
        let setting =
            ConnectorSetting { base_url: Some(url.clone()), version: None, values: values.collect() };
        Connector::new(pack, &setting, &Places::default(), &ground)
            .map_err(|problems| anyhow!("{problems:?}"))
    };
    let redmine = connector("redmine", &[("api_key", "k3y"), ("project_id", "loja")])?;
    let marketing = connector("rdstation_marketing", &[("api_key", "rd-k3y")])?;

    let calls = match scale {
        Scale::Full => 3_000,
        Scale::Quick => 50,
    };
    let person = json!({"list": "ideias", "name": "Rita Prado", "email": "rita@prado.example", "tags": ["frio"],
        "phone": "+5511955550188", "agreed": true});
    let sent = json!({"event_type": "CONVERSION", "event_family": "CDP", "payload": &person});
    let (mut read, mut get, mut effect, mut post) =
        (Figures::default(), Figures::default(), Figures::default(), Figures::default());
    // By turns, so that whatever else the machine does falls on all; the first ones open connections and caches.
    for number in 0..calls + 10 {
        let is_warm = number >= 10;
        let note = |figures: &mut Figures, began: Instant| {
            if is_warm {
                figures.add(began.elapsed());
            }
        };
        let began = Instant::now();
        redmine.read("ticket", &json!({"number": 71})).await?;
        note(&mut read, began);
        let began = Instant::now();
        client.get(format!("{url}/issues/71.json")).send().await?.bytes().await?;
        note(&mut get, began);
        let lookup = Lookup { operation: "list_member", arguments: Value::Null };
        let began = Instant::now();
        marketing.effect("enter_list", &format!("bench-{number}"), &person, &lookup).await?;
        note(&mut effect, began);
        let began = Instant::now();
        client.post(format!("{url}/platform/conversions")).json(&sent).send().await?.bytes().await?;
        note(&mut post, began);
    }
    println!(
        "\nconnectors   a call of a connector beside the bare HTTP request, to a vendor on this machine that answers at once"
    );
    for (what, mut through, mut bare) in [
        ("reading a ticket with ten comments", read, get),
        ("an effect, noted before and after", effect, post),
    ] {
        println!(
            "  {what}: {} calls, median {:.3} ms, p99 {:.3} ms; the bare request {:.3} and {:.3} ms: {:.3} ms more at the median",
            through.count(),
            through.median(),
            through.quantile(0.99),
            bare.median(),
            bare.quantile(0.99),
            through.median() - bare.median(),
        );
    }
    handle.close().await;
    vendor.abort();
    Ok(())
}
