//! Starts a real browser behind its driver and ends both. It knows nothing of the chat.

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Where pictures of failures go, below the build folder.
pub const PICTURES: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/browser");

/// Nothing that a check waits for takes longer.
const PATIENCE_MS: u32 = 20_000;
const MISSING: &str =
    "the browser tests need Debian's `chromium` and `chromium-driver`; `./dev test` installs them";
const READY: &str = "started successfully on port ";

/// A browser. [`Browser::close`] ends it in good order; a drop ends at least its driver.
pub struct Browser {
    pub client: Client,
    /// Where the driver takes what the protocol has no words for.
    session: String,
    http: reqwest::Client,
    _driver: Driver,
    _profile: tempfile::TempDir,
}

struct Driver(Child);

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Browser {
    /// Starts one with a fresh profile.
    pub async fn start() -> Self {
        require("chromium");
        require("chromedriver");
        let profile = tempfile::tempdir().unwrap();
        let folder = profile.path().to_path_buf();
        let (driver, address) = tokio::task::spawn_blocking(move || start_driver(&folder)).await.unwrap();
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--no-proxy-server",
            "--lang=pt-BR",
            "--window-size=1280,800",
            &format!("--user-data-dir={}", profile.path().display()),
        ]
        .map(str::to_owned);
        let capabilities = json!({
            "goog:chromeOptions": {"args": arguments, "prefs": {"intl.accept_languages": "pt-BR,pt"}},
            "goog:loggingPrefs": {"browser": "ALL"},
        });
        let Value::Object(capabilities) = capabilities else { unreachable!() };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&address)
            .await
            .unwrap_or_else(|error| panic!("the browser does not start: {error}; {MISSING}"));
        let id = client.session_id().await.unwrap().unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { client, session: format!("{address}/session/{id}"), http, _driver: driver, _profile: profile }
    }

    /// What the console got since the last look, a line each.
    pub async fn console(&self) -> Vec<String> {
        let log = self.command("se/log", json!({"type": "browser"})).await;
        let line =
            |entry: &Value| format!("{} {}", entry["level"], entry["message"].as_str().unwrap_or_default());
        log.as_array().unwrap().iter().map(line).collect()
    }

    /// The value of an expression, as JSON, with `words` in front of it.
    pub async fn read<T: DeserializeOwned>(&self, words: &str, expression: &str) -> T {
        let value = self.client.execute(&format!("{words} return ({expression});"), Vec::new()).await;
        let value = value.unwrap_or_else(|error| panic!("{expression}: {error}"));
        serde_json::from_value(value.clone())
            .unwrap_or_else(|error| panic!("{expression} is {value}: {error}"))
    }

    /// Waits until an expression is true, and says whether it became so. It is asked whenever what is below `root` changes.
    pub async fn becomes(&self, words: &str, root: &str, expression: &str) -> bool {
        let script = format!(
            "{words}
            const done = arguments[0];
            const holds = () => Boolean({expression});
            if (holds()) return done(true);
            const finish = (outcome) => {{ watch.disconnect(); clearTimeout(patience); done(outcome); }};
            const watch = new MutationObserver(() => holds() && finish(true));
            watch.observe({root}, {{ subtree: true, childList: true, characterData: true, attributes: true }});
            const patience = setTimeout(() => finish(holds()), {PATIENCE_MS});"
        );
        let came = self.client.execute_async(&script, Vec::new()).await;
        came.unwrap_or_else(|error| panic!("{expression}: {error}")) == true
    }

    /// Shows pages as a phone of this size does.
    pub async fn be_a_phone(&self, [width, height]: [u32; 2]) {
        let phone = json!({"width": width, "height": height, "deviceScaleFactor": 2, "mobile": true});
        self.debug("Emulation.setDeviceMetricsOverride", phone).await;
    }

    /// Is a desktop browser again.
    pub async fn be_a_desktop(&self) {
        self.debug("Emulation.clearDeviceMetricsOverride", json!({})).await;
    }

    /// Keeps a picture for the eye and returns where.
    pub async fn picture(&self, name: &str) -> String {
        std::fs::create_dir_all(PICTURES).unwrap();
        let path = format!("{PICTURES}/{}.png", name.replace(' ', "-"));
        let picture = self.client.screenshot().await.unwrap_or_default();
        std::fs::write(&path, picture).unwrap();
        path
    }

    /// Ends the browser, then its driver.
    pub async fn close(self) {
        self.client.close().await.unwrap();
    }

    /// A command of the browser's own debugging protocol.
    async fn debug(&self, command: &str, parameters: Value) {
        self.command("goog/cdp/execute", json!({"cmd": command, "params": parameters})).await;
    }

    async fn command(&self, name: &str, body: Value) -> Value {
        let answer = self.http.post(format!("{}/{name}", self.session)).json(&body).send().await.unwrap();
        let mut answer: Value = answer.json().await.unwrap();
        assert!(answer["value"]["error"].is_null(), "{name}: {answer}");
        answer["value"].take()
    }
}

fn require(program: &str) {
    let asked = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    match asked {
        Err(error) if error.kind() == ErrorKind::NotFound => panic!("there is no `{program}`: {MISSING}"),
        asked => {
            assert!(asked.is_ok_and(|status| status.success()), "`{program} --version` fails: {MISSING}")
        }
    }
}

/// Whatever the driver and the browser leave behind lies in `folder`.
fn start_driver(folder: &Path) -> (Driver, String) {
    let mut driver = Command::new("chromedriver")
        .arg("--port=0")
        .env("TMPDIR", folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map(Driver)
        .expect(MISSING);
    let said = BufReader::new(driver.0.stdout.take().unwrap());
    let port = said.lines().map_while(Result::ok).find_map(|line| {
        let (_, port) = line.split_once(READY)?;
        Some(port.trim_end_matches('.').to_owned())
    });
    let port = port.expect("chromedriver ended without saying where it listens");
    (driver, format!("http://127.0.0.1:{port}"))
}
