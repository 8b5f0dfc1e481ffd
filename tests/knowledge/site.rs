//! Visits of a web site that speaks real HTTP on loopback: what is fetched, how politely, and what stays when it is away.

use super::sources::pdf;
use super::{open, places};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use balcao::knowledge::gather::Places;
use balcao::knowledge::site::cache::Known;
use balcao::knowledge::site::visit::{Means, Visited, visit};
use balcao::knowledge::sources::{self, SiteSource};
use balcao::limits::net::Allowance;
use balcao::limits::pause::Pause;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::StatusCode;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::future::Future;
use std::io::Write;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What the site answers at an address.
#[derive(Clone)]
pub enum Page {
    Html(String),
    Raw(&'static str, Vec<u8>),
    /// The same, with a mark of its version.
    Marked(&'static str, Vec<u8>),
    Moved(String),
    Status(u16),
}

#[derive(Default)]
struct Pages {
    pages: BTreeMap<String, Page>,
    /// Paths that were asked for, with a mark where the request was conditional.
    asked: Vec<String>,
}

pub struct Site {
    pub base: String,
    pages: Arc<Mutex<Pages>>,
    server: JoinHandle<()>,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(pages): State<Arc<Mutex<Pages>>>, request: Request) -> Response {
    let path = request.uri().path_and_query().unwrap().as_str().to_owned();
    let wanted = request.headers().get("if-none-match").map(|mark| mark.to_str().unwrap().to_owned());
    let mut pages = pages.lock().unwrap();
    pages.asked.push(if wanted.is_some() { format!("{path} (if changed)") } else { path.clone() });
    let respond = |status: u16| Response::builder().status(status);
    match pages.pages.get(&path) {
        None => respond(404).body(Body::empty()).unwrap(),
        Some(Page::Status(status)) => respond(*status).body(Body::empty()).unwrap(),
        Some(Page::Moved(to)) => respond(302).header("location", to).body(Body::empty()).unwrap(),
        Some(Page::Raw(kind, bytes)) => {
            respond(200).header("content-type", *kind).body(Body::from(bytes.clone())).unwrap()
        }
        Some(Page::Marked(_, _)) if wanted.as_deref() == Some("\"1\"") => {
            respond(StatusCode::NOT_MODIFIED.as_u16()).body(Body::empty()).unwrap()
        }
        Some(Page::Marked(kind, bytes)) => respond(200)
            .header("content-type", *kind)
            .header("etag", "\"1\"")
            .body(Body::from(bytes.clone()))
            .unwrap(),
        Some(Page::Html(text)) => {
            let mark = format!(
                "\"{:x}\"",
                text.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31) + u64::from(byte))
            );
            if wanted.as_deref() == Some(&mark) {
                return respond(StatusCode::NOT_MODIFIED.as_u16()).body(Body::empty()).unwrap();
            }
            respond(200)
                .header("content-type", "text/html; charset=utf-8")
                .header("etag", mark)
                .body(Body::from(text.clone()))
                .unwrap()
        }
    }
}

impl Site {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let pages = Arc::new(Mutex::new(Pages::default()));
        let router = Router::new().fallback(answer).with_state(pages.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base, pages, server }
    }

    pub fn set(&self, path: &str, page: Page) {
        self.pages.lock().unwrap().pages.insert(path.to_owned(), page);
    }

    pub fn html(&self, path: &str, text: &str) {
        self.set(
            path,
            Page::Html(format!("<html><head><title>Loja</title></head><body>{text}</body></html>")),
        );
    }

    fn remove(&self, path: &str) {
        self.pages.lock().unwrap().pages.remove(path);
    }

    /// What was asked for since the last time.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.pages.lock().unwrap().asked)
    }
}

/// Waits no time and remembers how long it was asked to.
#[derive(Default)]
struct Waits(Mutex<Vec<Duration>>);

impl Pause for Waits {
    fn pause(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.lock().unwrap().push(duration);
        Box::pin(std::future::ready(()))
    }
}

fn source(base: &str, more: &str) -> SiteSource {
    let text = format!("[[site]]\nurl = \"{base}/\"\nname = \"loja\"\n{more}");
    sources::read(&text, Path::new("."), "sources.toml").unwrap().sites.remove(0)
}

struct Visitor {
    _folder: tempfile::TempDir,
    places: Places,
    allowance: Allowance,
    waits: Waits,
}

impl Visitor {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let knowledge = folder.path().join("knowledge");
        std::fs::create_dir(&knowledge).unwrap();
        let allowance = Allowance::Hosts(vec!["127.0.0.1".into()]);
        Self { places: places(&knowledge), _folder: folder, allowance, waits: Waits::default() }
    }

    async fn visit(&self, site: &SiteSource) -> (Known, Visited) {
        let cache = self.places.site(&site.name);
        let now: Timestamp = "2026-11-26T12:00:00Z".parse().unwrap();
        let means = Means { allowance: &self.allowance, pause: &self.waits, now };
        let (known, visited) = Box::pin(visit(site, &cache, &means)).await;
        cache.save(&known).unwrap();
        (known, visited)
    }
}

fn paths(known: &Known, base: &str) -> Vec<String> {
    known.pages.keys().map(|url| url.strip_prefix(base).unwrap().to_owned()).collect()
}

fn packed(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn links_and_site_maps_are_followed_within_the_sites_rules() {
    let site = Site::start().await;
    let base = &site.base;
    let map = format!(
        "<urlset><url><loc>{base}/do-mapa</loc></url><url><loc>http://outra.example/x</loc></url></urlset>"
    );
    let index = format!("<sitemapindex><sitemap><loc>{base}/mapa.xml.gz</loc></sitemap></sitemapindex>");
    site.set(
        "/robots.txt",
        Page::Raw(
            "text/plain",
            format!("User-agent: *\nDisallow: /admin\nCrawl-delay: 3\nSitemap: {base}/mapas.xml").into(),
        ),
    );
    site.set("/mapas.xml", Page::Raw("application/xml", index.into()));
    site.set("/mapa.xml.gz", Page::Raw("application/gzip", packed(&map)));
    site.html("/", "<p>Início.</p><a href='/trocas#prazo'>t</a><a href='/trocas?utm_source=x'>t</a><a href='/admin/x'>a</a>\
                    <a href='http://outra.example/y'>o</a><a href='/foto.jpg'>f</a><a href='/blog/1'>b</a><a href='/sumiu'>s</a>\
                    <a rel=nofollow href='/secreto'>n</a><a href='/antigo'>m</a><a href='/fora'>l</a><a href='/api'>j</a>");
    site.html("/trocas", "<h1>Trocas</h1><p>Sete dias.</p>");
    site.html("/do-mapa", "<p>Do mapa.</p><a href='/do-mapa/2'>2</a>");
    site.html("/do-mapa/2", "<p>Dois.</p><a href='/do-mapa/3'>3</a>");
    site.html("/do-mapa/3", "<p>Três.</p>");
    site.html("/novo", "<p>Novo lugar.</p>");
    site.html("/blog/1", "<p>Blog.</p>");
    site.html("/admin/x", "<p>Admin.</p>");
    site.html("/secreto", "<p>Secreto.</p>");
    site.set("/antigo", Page::Moved("/novo".into()));
    site.set("/fora", Page::Moved("http://169.254.169.254/latest/meta-data/".into()));
    site.set("/api", Page::Raw("application/json", b"{}".to_vec()));
    let visitor = Visitor::new();
    let (known, visited) = visitor.visit(&source(base, "exclude = [\"/blog/\"]\ndeepest = 2\n")).await;
    assert_eq!(known.error, None);
    assert_eq!(paths(&known, base), ["/", "/do-mapa", "/do-mapa/2", "/novo", "/trocas"]);
    assert_eq!(visited, Visited { fetched: 5, unchanged: 0, removed: 0 });
    let asked = site.asked();
    assert_eq!(asked.iter().filter(|path| path.starts_with("/trocas")).count(), 1, "{asked:?}");
    assert!(!asked.iter().any(|path| {
        ["/admin", "/blog", "/secreto", "/foto", "/do-mapa/3"].iter().any(|it| path.starts_with(it))
    }));
    let reasons: Vec<_> =
        known.failed.iter().map(|(url, why)| (url.strip_prefix(base).unwrap(), why.as_str())).collect();
    assert_eq!(
        reasons,
        [("/fora", "it leads to http://169.254.169.254/latest/meta-data/, where we do not go")]
    );
    let waits = visitor.waits.0.lock().unwrap();
    // One request after the other; the site's wish goes before ours.
    assert_eq!(waits.len(), asked.len() - 1);
    assert!(waits[1..].iter().all(|wait| *wait == Duration::from_secs(3)), "{waits:?}");
}

#[tokio::test]
async fn a_second_visit_asks_for_what_changed_and_forgets_what_is_gone() {
    let site = Site::start().await;
    site.html("/", "<p>Início.</p><a href='/frete'>f</a><a href='/pix'>p</a>");
    site.html("/frete", "<p>Frete R$ 15.</p>");
    site.html("/pix", "<p>Pix na hora.</p>");
    let visitor = Visitor::new();
    let source = source(&site.base, "");
    visitor.visit(&source).await;
    site.asked();
    let (_, visited) = visitor.visit(&source).await;
    assert_eq!(visited, Visited { fetched: 0, unchanged: 3, removed: 0 });
    assert_eq!(site.asked().iter().filter(|path| path.ends_with("(if changed)")).count(), 3);
    site.html("/frete", "<p>Frete R$ 18.</p>");
    site.remove("/pix");
    let (known, visited) = visitor.visit(&source).await;
    assert_eq!(visited, Visited { fetched: 1, unchanged: 1, removed: 1 });
    assert_eq!(paths(&known, &site.base), ["/", "/frete"]);
    let files = visitor.places.site("loja").files(&source.url);
    let texts: Vec<_> =
        files.iter().map(|file| std::fs::read_to_string(file.path().unwrap()).unwrap()).collect();
    assert!(
        texts.iter().any(|text| text.contains("R$ 18")) && !texts.iter().any(|text| text.contains("R$ 15"))
    );
}

#[tokio::test]
async fn a_pdf_that_the_site_links_to_is_read_and_not_fetched_again() {
    let site = Site::start().await;
    let menu = pdf(b"BT /F1 12 Tf 72 700 Td (O rodizio de massas custa R$ 62 por pessoa.) Tj ET", "");
    let prices = pdf(b"BT /F1 12 Tf 72 700 Td (A garrafa de suco sai por R$ 19.) Tj ET", "");
    site.html(
        "/",
        "<h1>Cantina</h1><p>Massas.</p><a href='/cardapio.pdf?utm_source=x'>c</a><a href='/baixar'>b</a>\
                    <a href='/falso.pdf'>f</a>",
    );
    site.set("/cardapio.pdf", Page::Marked("application/pdf", menu));
    site.set("/falso.pdf", Page::Raw("application/pdf", b"<html>sem PDF</html>".to_vec()));
    site.set("/precos.PDF", Page::Raw("application/octet-stream", prices));
    let map = format!("<urlset><url><loc>{}/precos.PDF</loc></url></urlset>", site.base);
    site.set("/sitemap.xml", Page::Raw("application/xml", map.into()));
    let visitor = Visitor::new();
    let text = format!("[[site]]\nurl = \"{}/\"\nname = \"loja\"\n", site.base);
    std::fs::write(visitor.places.folder.join("sources.toml"), text).unwrap();
    let source = source(&site.base, "");
    let (known, _) = visitor.visit(&source).await;
    assert_eq!(paths(&known, &site.base), ["/", "/cardapio.pdf", "/precos.PDF"]);
    let index = tempfile::tempdir().unwrap();
    let knowledge = open(index.path());
    let ingest = || knowledge.ingest(&visitor.places.configured(Vec::new).unwrap()).unwrap();
    let report = ingest();
    assert_eq!((report.added, report.failed.len()), (3, 0), "{report}");
    let first = |question: &str| knowledge.search_blocking(question, 1).unwrap()[0].source.clone();
    assert_eq!(first("quanto custa o rodízio?"), format!("{}/cardapio.pdf", site.base));
    assert_eq!(first("garrafa de suco"), format!("{}/precos.PDF", site.base));
    site.asked();
    let (_, visited) = visitor.visit(&source).await;
    assert_eq!((visited.fetched, visited.removed), (0, 0));
    assert!(site.asked().contains(&"/cardapio.pdf (if changed)".to_owned()));
    assert_eq!(ingest().unchanged, 3);
}

#[tokio::test]
async fn a_site_that_is_away_stays_in_the_index_and_its_pages_leave_with_the_source() {
    let site = Site::start().await;
    site.html("/", "<h1>Frete</h1><p>O frete custa R$ 15.</p><a href='/a'>a</a>");
    site.html("/a", "<h1>Pix</h1><p>O Pix tem desconto.</p>");
    let visitor = Visitor::new();
    let folder = &visitor.places.folder;
    let text = format!("[[site]]\nurl = \"{}/\"\nname = \"loja\"\nowner = \"Ana\"\n", site.base);
    std::fs::write(folder.join("sources.toml"), text).unwrap();
    let index = tempfile::tempdir().unwrap();
    let knowledge = open(index.path());
    let ingest = || knowledge.ingest(&visitor.places.configured(Vec::new).unwrap()).unwrap();
    let source = source(&site.base, "");
    visitor.visit(&source).await;
    assert_eq!(ingest().added, 2);
    assert_eq!(
        knowledge.search_blocking("quanto custa o frete", 1).unwrap()[0].source,
        format!("{}/", site.base)
    );
    for (path, page) in [("/robots.txt", Page::Status(503)), ("/robots.txt", Page::Status(404))] {
        site.set(path, page);
        site.set("/", Page::Status(500));
        site.set("/a", Page::Status(502));
        let (known, visited) = visitor.visit(&source).await;
        assert_eq!(visited.removed, 0);
        assert!(known.error.unwrap().contains("the server answers 50"));
        let report = ingest();
        assert_eq!((report.unchanged, report.removed, report.failed.len()), (2, 0, 1), "{report}");
    }
    std::fs::write(folder.join("sources.toml"), "").unwrap();
    assert_eq!(ingest().removed, 2);
}

#[tokio::test]
async fn limits_hold_and_private_networks_are_closed() {
    let site = Site::start().await;
    site.set("/robots.txt", Page::Moved("/robots.txt".into()));
    site.html("/", &(0..50).map(|nth| format!("<p>x</p><a href='/p/{nth}'>p</a>")).collect::<String>());
    for nth in 0..50 {
        site.html(&format!("/p/{nth}"), &format!("<p>Página {nth}.</p>"));
    }
    site.set("/p/0", Page::Raw("text/html", vec![b'x'; 6 << 20]));
    let mut visitor = Visitor::new();
    let (known, _) = visitor.visit(&source(&site.base, "most_pages = 10\n")).await;
    assert_eq!(known.pages.len(), 9);
    assert!(known.failed.values().next().unwrap().contains("larger than"));
    site.asked();
    visitor.allowance = Allowance::PublicOnly;
    let (known, _) = visitor.visit(&source(&site.base, "")).await;
    assert!(known.error.unwrap().contains("private address"));
    assert_eq!(known.pages.len(), 9);
    assert!(site.asked().is_empty());
}
