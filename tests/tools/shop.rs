//! A small shop on a real database: what the built-in tools are tried on.

use super::support::{NOW, context};
use async_trait::async_trait;
use balcao::backoffice::csv::{Shop as Import, seed_demo};
use balcao::backoffice::embedded::{Foundation, embedded};
use balcao::config::backoffice::BackofficeSettings;
use balcao::config::business::Business;
use balcao::config::store::StoreSettings;
use balcao::domain::clock::{Clock, ManualClock};
use balcao::domain::contact::{Contact, Identity, IdentityKind};
use balcao::domain::ids::ContactId;
use balcao::domain::language::Language;
use balcao::domain::passage::Passage;
use balcao::limits::net::Allowance;
use balcao::store::Stores;
use balcao::store::live::LiveHub;
use balcao::store::sqlite::{self, SqliteHandle};
use balcao::tools::builtin;
use balcao::tools::builtin::knowledge::KnowledgeSearch;
use balcao::tools::load::load;
use balcao::tools::registry::Registry;
use balcao::tools::tool::{ToolContext, ToolError, ToolOutput};
use serde::Deserialize;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

const FILES: [(&str, &str); 9] = [
    (
        "customers.csv",
        "name,email,phone,stage,tags,notes,created_at,marketing_consent\n\
         Ana Souza,ana.souza@example.com,+55 11 95555-0101,customer,vip,Tem uma gata.,-235d,true\n\
         Bruno Carvalho,bruno@example.com,+55 11 95555-0102,customer,,,-100d,false\n",
    ),
    (
        "products.csv",
        "sku,name,category,description,price,weight_g,stock,variation_of,variation,complements\n\
         PLA-001,Jiboia,Plantas,Trepadeira fácil.,29.90,600,,,,VAS-001\n\
         PLA-001-P,Jiboia,Plantas,,29.90,600,0,PLA-001,Tamanho: P,\n\
         PLA-001-M,Jiboia,Plantas,,49.90,1500,25,PLA-001,Tamanho: M,\n\
         VAS-001,Vaso de cimento,Vasos,Vaso pesado.,89.90,2500,3,,,\n",
    ),
    (
        "orders.csv",
        "number,customer_email,placed_at,status,payment_status,payment_method,items,shipping_method,shipping_price,discount,total,carrier,tracking_code,delivery_estimate,cep\n\
         10400,ana.souza@example.com,-3d 10:00,shipped,approved,pix,PLA-001-M x1|VAS-001 x2,Expresso,20.00,0.00,249.70,Bem-te-vi Expresso,BV1,+2d,01310100\n",
    ),
    (
        "coupons.csv",
        "code,description,kind,value,min_purchase,rule,valid_from,valid_until\n\
         BEMVINDO10,10% na primeira compra,percent,10.00,80.00,first_purchase,-180d,+120d\n\
         VERDE12,12% para quem já comprou plantas,percent,12.00,90.00,bought:Plantas,-30d,+30d\n",
    ),
    (
        "shipping.csv",
        "cep_from,cep_to,region,method,base_price,price_per_kg,days_min,days_max,free_above\n\
         01000000,05999999,São Paulo (capital),Econômico,12.90,0.80,2,4,199.00\n",
    ),
    ("professionals.csv", "id,name,role,hours\nmarina,Marina Tavares,Paisagista,mon-fri 09:00-18:00\n"),
    (
        "services.csv",
        "id,name,duration_min,price,description,location,professionals\n\
         consultoria-online,Consultoria online,45,120.00,Conversa por vídeo.,online,marina\n\
         oficina,Oficina de terrários,120,165.00,Aula na loja.,loja,marina\n",
    ),
    ("appointments.csv", "professional_id,service_id,start,customer_email,status,notes\n"),
    (
        "tickets.csv",
        "number,customer_email,subject,description,category,priority,status,created_at,comments\n\
         5004,bruno@example.com,Vaso trincado,O vaso chegou trincado.,avaria,high,pending,-1d 10:12,Equipe: fotos recebidas.\n",
    ),
];

#[derive(Deserialize)]
struct BackofficeFile {
    backoffice: BackofficeSettings,
}

#[derive(Deserialize)]
struct BusinessFile {
    business: Business,
}

#[derive(Deserialize)]
struct StoreFile {
    store: StoreSettings,
}

/// The shop, its tools, and one visitor.
pub struct Shop {
    pub registry: Registry,
    pub stores: Stores,
    pub visitor: ContactId,
    _handle: SqliteHandle,
    _folder: TempDir,
}

impl Shop {
    pub async fn open() -> Self {
        let now: jiff::Zoned = NOW.parse().unwrap();
        let clock = Arc::new(ManualClock::at(now.timestamp()));
        let folder = TempDir::new().unwrap();
        let store: StoreFile = toml::from_str(include_str!("../../src/config/default/store.toml")).unwrap();
        let business: BusinessFile =
            toml::from_str(include_str!("../../src/config/default/business.toml")).unwrap();
        let settings: BackofficeFile =
            toml::from_str(include_str!("../../src/config/default/backoffice.toml")).unwrap();
        let live = Arc::new(LiveHub::default());
        let (stores, handle) = sqlite::open(&store.store, folder.path(), live).await.unwrap();
        let import = Import::new(stores.backoffice.clone(), stores.contacts.clone(), &business.business);
        let files = FILES.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
        seed_demo(files, &import, now.timestamp()).await.unwrap().expect("an empty store");
        let visitor = ContactId(clock.new_id());
        stores.contacts.save(&person(visitor, &now)).await.unwrap();
        let foundation =
            Foundation { records: stores.backoffice.clone(), contacts: stores.contacts.clone(), clock };
        let backoffice = embedded(&foundation, &settings.backoffice, &business.business);
        let tools = builtin::all(&backoffice, &(Arc::new(Handbook) as Arc<dyn KnowledgeSearch>));
        let http = super::support::http_tools(Allowance::PublicOnly);
        let registry = load(tools, Path::new("tests/no-such-folder"), &http)
            .unwrap_or_else(|problems| panic!("{problems:#?}"));
        Self { registry, stores, visitor, _handle: handle, _folder: folder }
    }

    /// The visitor's context in call `call`.
    pub fn visitor(&self, call: &str) -> ToolContext {
        ToolContext { contact: self.visitor, ..context(call) }
    }

    /// The customer on file with this e-mail.
    pub async fn customer(&self, email: &str) -> ContactId {
        let identity = Identity { kind: IdentityKind::Email, value: email.to_owned() };
        self.stores.contacts.find(&identity).await.unwrap().expect("on file").id
    }

    pub async fn call(
        &self,
        tool: &str,
        arguments: Value,
        context: &ToolContext,
    ) -> Result<ToolOutput, ToolError> {
        let entry = self.registry.get(tool).unwrap_or_else(|| panic!("no tool {tool}"));
        entry.validate(&arguments).unwrap_or_else(|faults| panic!("{tool}: {faults:?}"));
        entry.tool().call(arguments, context).await
    }
}

fn person(id: ContactId, now: &jiff::Zoned) -> Contact {
    Contact { origin: Some("web".into()), ..Contact::new(id, now.timestamp()) }
}

/// One passage that fits and one that does not.
struct Handbook;

#[async_trait]
impl KnowledgeSearch for Handbook {
    async fn passages(&self, _: &str, _: usize, _: Language) -> anyhow::Result<Vec<Passage>> {
        let passage = |id: &str, text: &str, evidence: f32| Passage {
            id: id.into(),
            source: "trocas.md".into(),
            title: "Trocas".into(),
            heading: None,
            text: text.into(),
            score: 1.0,
            evidence,
        };
        Ok(vec![passage("1", "Trocas em até 7 dias.", 0.9), passage("2", "Cuidados com cactos.", 0.05)])
    }
}
