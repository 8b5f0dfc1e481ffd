//! A vendor's own OpenAPI document between a connector and its fake: Prism passes every call on and tells what in it is
//! not as the document says. Only where `BALCAO_TEST_DOCUMENTS` names a folder with the documents, which are not part of
//! the project, and `BALCAO_TEST_PRISM` the program (`./dev documents FOLDER` sets both).

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The documents, and what in them is wrong: our call is right by the vendor's words and not by the document's letter.
const DOCUMENTS: [(&str, &str, &[&str]); 5] = [
    ("redmine", "redmine.yaml", &[]),
    // Its `oneOf` has two members that the same booking fits.
    ("calcom", "caldiy-v2.json", &["must match exactly one schema in oneOf"]),
    ("chatwoot", "chatwoot.json", &[]),
    // Ours is the name of the effect, which is as unique as a UUID.
    ("mercado_pago", "mercadopago.yaml", &["x-idempotency-key"]),
    // What a key may do is asked by another document's call; and one mail goes to an address that is none.
    ("sendgrid", "sendgrid-mail.json", &["Selected route not found", "to.0.email"]),
];

/// Every Prism of one test. What they saw is judged when the test is over.
#[derive(Default)]
pub struct Documents(Mutex<Vec<Between>>);

/// Prism before a fake.
struct Between {
    prism: Child,
    log: PathBuf,
    excused: &'static [&'static str],
}

impl Documents {
    /// Where the connector of this name is to look for the vendor at `url`: behind Prism, if there is a document.
    pub fn before(&self, name: &str, url: &str) -> String {
        let Some((between, port)) = Between::of(name, url) else { return url.to_owned() };
        self.0.lock().unwrap().push(between);
        format!("http://127.0.0.1:{port}")
    }
}

impl Between {
    fn of(name: &str, url: &str) -> Option<(Self, u16)> {
        let folder = PathBuf::from(std::env::var_os("BALCAO_TEST_DOCUMENTS")?);
        let program = std::env::var_os("BALCAO_TEST_PRISM")?;
        let (_, document, excused) = DOCUMENTS.into_iter().find(|(known, ..)| *known == name)?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let log = std::env::temp_dir().join(format!("prism-{port}.log"));
        let prism = Command::new(program)
            .args(["proxy", "-h", "127.0.0.1", "-p", &port.to_string()])
            .arg(folder.join(document))
            .arg(url)
            .stdout(File::create(&log).unwrap())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let began = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(60), "Prism does not start: {}", log.display());
            std::thread::sleep(Duration::from_millis(50));
        }
        Some((Self { prism, log, excused }, port))
    }

    /// How many calls came this way, and what in them was not as the document says.
    fn ended(mut self) -> (usize, Vec<String>) {
        self.prism.kill().ok();
        self.prism.wait().ok();
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        std::fs::remove_file(&self.log).ok();
        let told = log.lines().filter_map(|line| line.split_once("Violation: request"));
        let told = told.map(|(_, told)| told.trim().to_owned());
        let violations = told.filter(|told| !self.excused.iter().any(|known| told.contains(known)));
        (log.matches("Request received").count(), violations.collect())
    }
}

impl Drop for Documents {
    fn drop(&mut self) {
        let all = std::mem::take(&mut *self.0.lock().unwrap());
        if all.is_empty() {
            return;
        }
        let (calls, violations): (Vec<usize>, Vec<Vec<String>>) = all.into_iter().map(Between::ended).unzip();
        if !std::thread::panicking() {
            assert!(calls.iter().sum::<usize>() > 0, "nothing came this way");
            let violations = violations.concat();
            assert!(violations.is_empty(), "{violations:#?}");
        }
    }
}
