//! Mail to people of the business: what it is, and sending it through the operator's own mail server. It decides nothing
//! about who is written to.

use super::net::{Allowance, addresses, is_public};
use crate::config::email::EmailSettings;
use anyhow::{Context, bail, ensure};
use async_trait::async_trait;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use reqwest::Url;
use std::time::Duration;

/// How long one step of the conversation with the server may take.
const STEP: Duration = Duration::from_secs(10);
/// How long one mail may take.
const WHOLE: Duration = Duration::from_secs(30);

/// A mail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mail {
    /// Stable name of it: a mail that is sent again is known by it.
    pub id: String,
    /// Name of the one it goes to.
    pub name: String,
    /// Their address.
    pub address: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
}

/// Sends mail, by whatever way. Implementors owe: a mail that is sent again bears the same id.
#[async_trait]
pub trait Post: Send + Sync {
    /// Sends a mail; returns once somebody has it who will deliver it.
    ///
    /// # Errors
    /// It was refused, or whoever delivers is away. The error names no address of a person.
    async fn send(&self, mail: &Mail) -> anyhow::Result<()>;
}

/// Who mail comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sender {
    /// The name that is shown.
    pub name: Option<String>,
    /// The address.
    pub address: String,
}

impl Sender {
    /// Reads `email.from`: an address, or a name and an address in angle brackets.
    ///
    /// # Errors
    /// It is no mail address.
    pub fn read(from: &str) -> anyhow::Result<Self> {
        let mailbox: Mailbox = from.parse().context("email.from is no mail address")?;
        Ok(Self { name: mailbox.name, address: mailbox.email.to_string() })
    }

    /// What stands behind the `@`.
    pub fn domain(&self) -> &str {
        self.address.rsplit('@').next().unwrap_or_default()
    }
}

/// How the server is spoken to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Secrecy {
    /// TLS from the first word.
    Wrapped,
    /// TLS before anything is said.
    Upgraded,
    /// None: only on a private network.
    Plain,
}

/// Sends mail.
pub struct Mailer {
    host: String,
    port: u16,
    secrecy: Secrecy,
    credentials: Option<Credentials>,
    from: Mailbox,
    allowance: Allowance,
}

impl Mailer {
    /// As the settings say; none if they name no server, or a connector in its place.
    ///
    /// # Errors
    /// An address that is none.
    pub fn new(settings: &EmailSettings, allowance: &Allowance) -> anyhow::Result<Option<Self>> {
        let url = settings.smtp_url.trim();
        if url.is_empty() || !settings.is_by_server() {
            return Ok(None);
        }
        let url: Url = url.parse().context("email.smtp_url is no address")?;
        let host = url.host_str().context("email.smtp_url names no host")?.to_owned();
        let plain = url.query() == Some("tls=none");
        let (secrecy, usual) = match (url.scheme(), plain) {
            ("smtps", _) => (Secrecy::Wrapped, 465),
            ("smtp", false) => (Secrecy::Upgraded, 587),
            ("smtp", true) => (Secrecy::Plain, 25),
            (other, _) => bail!("email.smtp_url: `{other}:` is not smtp or smtps"),
        };
        let from = settings.from.parse().context("email.from is no mail address")?;
        let credentials = (!settings.user.is_empty())
            .then(|| Credentials::new(settings.user.clone(), settings.password.expose().to_owned()));
        let port = url.port().unwrap_or(usual);
        Ok(Some(Self { host, port, secrecy, credentials, from, allowance: allowance.clone() }))
    }

    /// Whether the server answers, speaks TLS as it is set up and takes the credentials. No mail is sent.
    ///
    /// # Errors
    /// What it says, or that it says nothing.
    pub async fn tried(&self) -> anyhow::Result<()> {
        let asked = async {
            let is_well = self.transport().await?.test_connection().await;
            ensure!(is_well.context("the mail server refuses")?, "the mail server does not stay connected");
            Ok(())
        };
        tokio::time::timeout(WHOLE, asked).await.context("the mail server takes too long")?
    }

    async fn hand_over(&self, mail: &Mail) -> anyhow::Result<()> {
        let to = mail.address.parse().context("no mail address")?;
        let domain = self.from.email.domain();
        let message = Message::builder()
            .message_id(Some(format!("<{}@{domain}>", mail.id)))
            .from(self.from.clone())
            .to(Mailbox::new(Some(mail.name.clone()), to))
            .subject(mail.subject.clone())
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text.clone())
            .context("the mail cannot be written")?;
        self.transport().await?.send(message).await.context("the mail server did not take it")?;
        Ok(())
    }

    /// A way to the server, which nothing was said on yet.
    async fn transport(&self) -> anyhow::Result<AsyncSmtpTransport<Tokio1Executor>> {
        // The address that was checked is the one that is called.
        let address = addresses(&self.host, self.port, &self.allowance)
            .await
            .map_err(|error| anyhow::anyhow!("the mail server cannot be called: {error}"))?
            .into_iter()
            .next()
            .context("the mail server has no address")?;
        let tls = |parameters: TlsParameters| match self.secrecy {
            Secrecy::Wrapped => Tls::Wrapper(parameters),
            Secrecy::Upgraded => Tls::Required(parameters),
            Secrecy::Plain => Tls::None,
        };
        if self.secrecy == Secrecy::Plain && is_public(address.ip()) {
            bail!("a mail server on a public address is spoken to with TLS");
        }
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address.ip().to_string())
            .port(address.port())
            .timeout(Some(STEP))
            .tls(tls(TlsParameters::new(self.host.clone())?));
        if let Some(credentials) = &self.credentials {
            transport = transport.credentials(credentials.clone());
        }
        Ok(transport.build())
    }
}

#[async_trait]
impl Post for Mailer {
    async fn send(&self, mail: &Mail) -> anyhow::Result<()> {
        tokio::time::timeout(WHOLE, self.hand_over(mail)).await.context("the mail server takes too long")?
    }
}
