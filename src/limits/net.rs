//! Which addresses the program may call for an operator's URL. A name is checked when it is resolved for the
//! connection itself, so that a name which answers differently the second time gains nothing. Any HTTP client that
//! calls operators' URLs is made here.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{ClientBuilder, Url};
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// Longest time to open a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Which private addresses may be called. Public ones always may.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Allowance {
    /// None.
    #[default]
    PublicOnly,
    /// Those of these hosts, named as they stand in the URL (name or address, any case), with a port or for all ports.
    Hosts(Vec<String>),
    /// All.
    Everything,
}

impl Allowance {
    /// Whether a name may lead to a private address, at whatever port: which one is up to [`guard_url`].
    fn covers_name(&self, host: &str) -> bool {
        self.covers(host, None)
    }

    /// Whether a host may be private; at this port, if one is known.
    fn covers(&self, host: &str, port: Option<u16>) -> bool {
        match self {
            Self::PublicOnly => false,
            Self::Hosts(hosts) => hosts.iter().any(|allowed| {
                let (name, only) = with_port(allowed.trim());
                plain(name).eq_ignore_ascii_case(plain(host))
                    && (only.is_none() || port.is_none() || only == port)
            }),
            Self::Everything => true,
        }
    }
}

/// The name and the port of `erp.local:8080`, `[::1]:80`, `erp.local` or `::1`.
fn with_port(host: &str) -> (&str, Option<u16>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') || name.ends_with(']') => {
            port.parse().map_or((host, None), |port| (name, Some(port)))
        }
        Some(_) | None => (host, None),
    }
}

/// A host without the brackets of an IPv6 address and the dot that ends an absolute name.
fn plain(host: &str) -> &str {
    host.trim().trim_start_matches('[').trim_end_matches(']').trim_end_matches('.')
}

/// A URL that may not be called.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Forbidden {
    /// Another scheme than http and https.
    #[error("`{0}:` is not http or https")]
    Scheme(String),
    /// User and password belong into headers; in a URL they end up in logs.
    #[error("the URL holds a user name or password")]
    Credentials,
    /// No host.
    #[error("the URL names no host")]
    NoHost,
    /// An address of this machine or of a private network.
    #[error(
        "`{0}` is a loopback or private address; \
         if it is meant, set `[limits] allow_private_networks = true` or list it in `allowed_hosts`"
    )]
    Private(String),
}

/// Whether `url` may be called as far as the URL itself tells; the rest is up to the client's resolver.
///
/// # Errors
/// [`Forbidden`] with what to change.
pub fn guard_url(url: &Url, allowance: &Allowance) -> Result<(), Forbidden> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Forbidden::Scheme(url.scheme().to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Forbidden::Credentials);
    }
    let host = url.host_str().ok_or(Forbidden::NoHost)?;
    if allowance.covers(host, url.port_or_known_default()) {
        return Ok(());
    }
    // The URL's parser has turned every way to write an address (decimal, octal, short) into the plain one.
    let public = match plain(host).parse::<IpAddr>() {
        Ok(address) => is_public(address),
        Err(_) => !is_local_name(plain(host)),
    };
    if public { Ok(()) } else { Err(Forbidden::Private(host.to_owned())) }
}

/// A client builder that connects to allowed addresses only: own resolver, no redirects, no proxy, no retries.
/// Addresses written into the URL itself do not pass the resolver: check each URL with [`guard_url`].
pub fn client_builder(allowance: &Allowance) -> ClientBuilder {
    reqwest::Client::builder()
        .dns_resolver(Arc::new(GuardedResolver { allowance: allowance.clone() }))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .tcp_nodelay(true)
        .connect_timeout(CONNECT_TIMEOUT)
        .user_agent(concat!("balcao/", env!("CARGO_PKG_VERSION")))
}

/// The [`Forbidden`] at the bottom of a failed request, if that is why it failed.
pub fn forbidden_in<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Forbidden> {
    let mut cause: Option<&'a (dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(forbidden) = error.downcast_ref::<Forbidden>() {
            return Some(forbidden);
        }
        cause = error.source();
    }
    None
}

/// The body of an answer, up to `most` bytes; what is behind is left unread. Says whether anything was.
///
/// # Errors
/// A connection that breaks off.
pub async fn read_at_most(mut response: reqwest::Response, most: usize) -> reqwest::Result<(Vec<u8>, bool)> {
    let mut bytes: Vec<u8> = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        let room = most - bytes.len();
        bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            return Ok((bytes, true));
        }
    }
    Ok((bytes, false))
}

/// Resolves names by the system's resolver and leaves out addresses that may not be called.
#[derive(Debug)]
struct GuardedResolver {
    allowance: Allowance,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (host, allowance) = (name.as_str().to_owned(), self.allowance.clone());
        Box::pin(async move {
            let allowed: Addrs = Box::new(addresses(&host, 0, &allowance).await?.into_iter());
            Ok(allowed)
        })
    }
}

/// The addresses of `host` that may be called: for what is no HTTP.
///
/// # Errors
/// A name that is none, or that has private addresses alone.
pub async fn addresses(
    host: &str,
    port: u16,
    allowance: &Allowance,
) -> Result<Vec<SocketAddr>, Box<dyn Error + Send + Sync>> {
    let covered = allowance.covers_name(host);
    let found: Vec<SocketAddr> = tokio::net::lookup_host((plain(host), port)).await?.collect();
    let any = !found.is_empty();
    let allowed: Vec<SocketAddr> =
        found.into_iter().filter(|address| covered || is_public(address.ip())).collect();
    if any && allowed.is_empty() {
        return Err(Forbidden::Private(host.to_owned()).into());
    }
    Ok(allowed)
}

/// Names that mean this machine or its network, whatever they resolve to.
fn is_local_name(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    ["localhost", "local", "internal", "home.arpa"]
        .iter()
        .any(|suffix| host.strip_suffix(suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

/// Whether `address` is one of the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        // Also the metadata services of clouds.
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        // Carrier-grade NAT.
        || (a == 100 && (64..128).contains(&b))
        || (a, b, c) == (192, 0, 0)
        || (a, b, c) == (192, 88, 99)
        // Benchmarks.
        || (a == 198 && (18..20).contains(&b))
        || a >= 240;
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    // Addresses that carry an IPv4 address lead where that one leads.
    if let Some(embedded) = embedded_v4(address) {
        return is_public_v4(embedded);
    }
    let [first, second, ..] = address.segments();
    let special = match first {
        // Teredo and other protocol assignments; documentation.
        0x2001 => second < 0x0200 || second == 0x0DB8,
        0x3FFF => second < 0x1000,
        _ => false,
    };
    // Global unicast.
    first & 0xE000 == 0x2000 && !special
}

fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let joined = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match (a, b) {
        // NAT64.
        (0x64, 0xFF9B) if (c, d, e, f) == (0, 0, 0, 0) => Some(joined(g, h)),
        // 6to4.
        (0x2002, _) => Some(joined(b, c)),
        _ => address.to_ipv4_mapped(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guarded(url: &str, allowance: &Allowance) -> Result<(), Forbidden> {
        guard_url(&Url::parse(url).unwrap(), allowance)
    }

    #[test]
    fn refuses_every_way_to_write_a_private_address() {
        for url in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.0.0.1/",
            "http://0177.0.0.1/",
            "http://localhost:8080/",
            "http://LOCALHOST./",
            "http://api.localhost/",
            "http://printer.local/",
            "http://metadata.google.internal/",
            "http://0.0.0.0/",
            "http://10.1.2.3/",
            "http://172.16.0.1/",
            "http://192.168.0.1/",
            "http://100.64.0.1/",
            "http://169.254.169.254/latest/meta-data/",
            "http://224.0.0.1/",
            "http://255.255.255.255/",
            "http://[::1]/",
            "http://[::]/",
            "http://[fe80::1]/",
            "http://[fd00:ec2::254]/",
            "http://[::ffff:10.0.0.1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[2002:7f00:1::]/",
            "http://[2001:db8::1]/",
        ] {
            assert!(matches!(guarded(url, &Allowance::PublicOnly), Err(Forbidden::Private(_))), "{url}");
            assert_eq!(guarded(url, &Allowance::Everything), Ok(()), "{url}");
        }
    }

    #[test]
    fn lets_public_addresses_and_listed_hosts_pass() {
        for url in [
            "https://api.example.com/v1",
            "http://8.8.8.8/",
            "http://[2606:4700::1111]/",
            "https://local.example/",
        ] {
            assert_eq!(guarded(url, &Allowance::PublicOnly), Ok(()), "{url}");
        }
        let listed = ["10.0.0.5", "Erp.Local", "[::1]", "10.0.0.7:8080", "[::2]:90", "localhost:443"]
            .map(str::to_owned);
        let listed = Allowance::Hosts(listed.to_vec());
        for url in ["http://10.0.0.7:8080/", "http://[::2]:90/", "https://localhost/"] {
            assert_eq!(guarded(url, &listed), Ok(()), "{url}");
        }
        for url in ["http://10.0.0.7/", "http://10.0.0.7:8081/", "http://[::2]/", "http://localhost/"] {
            assert!(guarded(url, &listed).is_err(), "{url}: another port");
        }
        for url in ["http://10.0.0.5:9000/", "http://erp.local/", "http://[::1]:1/"] {
            assert_eq!(guarded(url, &listed), Ok(()), "{url}");
        }
        assert!(guarded("http://10.0.0.6/", &listed).is_err());
    }

    #[test]
    fn refuses_other_schemes_and_credentials() {
        assert!(matches!(guarded("file:///etc/passwd", &Allowance::Everything), Err(Forbidden::Scheme(_))));
        assert_eq!(guarded("https://u:p@example.com/", &Allowance::Everything), Err(Forbidden::Credentials));
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_refused_when_it_is_resolved() {
        let client = client_builder(&Allowance::PublicOnly).build().unwrap();
        let error = client.get("http://localhost:9/").send().await.unwrap_err();
        assert_eq!(forbidden_in(&error), Some(&Forbidden::Private("localhost".into())));
    }
}
