//! Fakes of vendors. Each keeps state, refuses what the vendor refuses, and takes faults one by one.

pub mod asaas;
pub mod bling;
pub mod calcom;
pub mod chatwoot;
pub mod freshdesk;
pub mod glpi;
pub mod google;
pub mod hubspot;
pub mod kommo;
pub mod melhor_envio;
pub mod mercado_pago;
pub mod nuvemshop;
pub mod pipedrive;
pub mod rdstation_crm;
pub mod rdstation_marketing;
pub mod redmine;
pub mod sendgrid;
pub mod server;
pub mod shopify;
pub mod vtex;
pub mod woocommerce;
pub mod zendesk;
