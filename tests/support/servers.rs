//! Real servers that packages bring: a calendar (Radicale), a help desk (Redmine), a mail server (aiosmtpd). Each starts
//! on a port of its own with nothing in it, and goes with its test. `BALCAO_TEST_SERVERS` says in which folder
//! `./dev test` keeps what they need; without it, who asks for one is told and gets none.

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// None takes longer to start, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(120);

/// A process that ends with its owner.
struct Process(Child);

impl Process {
    fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// The folder of the packages; `None` if there is none, which is said.
#[expect(clippy::print_stderr, reason = "whoever runs the tests is to know what they leave out")]
fn packages(server: &str) -> Option<OsString> {
    let folder = std::env::var_os("BALCAO_TEST_SERVERS");
    if folder.is_none() {
        eprintln!("LEFT OUT: BALCAO_TEST_SERVERS does not say where {server} is; ./dev test sets it");
    }
    folder
}

/// Bound and let go: these servers take no socket from outside.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Asks until there is an answer.
async fn first_answer(server: &str, ask: impl Fn() -> RequestBuilder) -> reqwest::Response {
    let answered = async {
        loop {
            if let Ok(answer) = ask().send().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, answered).await.unwrap_or_else(|_| panic!("{server} does not start"))
}

fn client() -> Client {
    Client::builder().no_proxy().timeout(Duration::from_secs(60)).build().unwrap()
}

/// A running Radicale with one empty calendar, `desk/agenda`, of the user `desk` with the password `s3cret`.
pub struct Radicale {
    pub url: String,
    client: Client,
    _process: Process,
    _folder: TempDir,
}

impl Radicale {
    /// Starts one; `None` if it is not installed.
    pub async fn start() -> Option<Self> {
        let packages = packages("Radicale")?;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("users"), "desk:s3cret\n").unwrap();
        let port = free_port();
        let process = Process::start(
            Command::new("python3")
                .env("PYTHONPATH", packages)
                .args(["-m", "radicale", "--config", ""])
                .args(["--server-hosts", &format!("127.0.0.1:{port}")])
                .args(["--auth-type", "htpasswd", "--auth-htpasswd-encryption", "plain"])
                .arg("--auth-htpasswd-filename")
                .arg(folder.path().join("users"))
                .arg("--storage-filesystem-folder")
                .arg(folder.path().join("collections")),
        );
        let url = format!("http://127.0.0.1:{port}");
        let radicale = Self { url, client: client(), _process: process, _folder: folder };
        let made = first_answer("Radicale", || radicale.ask("MKCALENDAR", "desk/agenda")).await;
        assert_eq!(made.status(), 201);
        Some(radicale)
    }

    pub fn ask(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.client.request(method, format!("{}/{path}", self.url)).basic_auth("desk", Some("s3cret"))
    }

    /// Somebody writes into the calendar by hand, in a zone of their own.
    pub async fn write(&self, name: &str, start: &str, end: &str) {
        let zone = "BEGIN:VTIMEZONE\r\nTZID:America/Sao_Paulo\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n\
                    TZOFFSETFROM:-0300\r\nTZOFFSETTO:-0300\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";
        let event = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//by hand//\r\n{zone}BEGIN:VEVENT\r\nUID:{name}\r\n\
             DTSTAMP:20261101T000000Z\r\nDTSTART;TZID=America/Sao_Paulo:{start}\r\n\
             DTEND;TZID=America/Sao_Paulo:{end}\r\nSUMMARY:Dentista\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        let answer = self.ask("PUT", &format!("desk/agenda/{name}.ics")).body(event).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
    }

    /// Every event of the calendar, as it is kept.
    pub async fn events(&self) -> String {
        let answer = self.ask("GET", "desk/agenda").send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.text().await.unwrap()
    }
}

/// A running Redmine with one project, `loja`, a user whom it knows as a reporter and an administrator.
pub struct Redmine {
    pub url: String,
    /// The reporter's key: who opens issues.
    pub key: String,
    admin: String,
    client: Client,
    _process: Process,
    _folder: TempDir,
}

/// Sets an empty Redmine up, tells both keys by a file and serves. Debian brings no server for it but WEBrick.
const REDMINE: &str = r##"
require "/usr/share/redmine/config/environment"
Setting.rest_api_enabled = "1"
project = Project.create!(name: "Loja", identifier: "loja", is_public: false,
                          enabled_module_names: ["issue_tracking"], trackers: Tracker.all.to_a)
desk = User.new(firstname: "Balcao", lastname: "Loja", mail: "balcao@shop.example")
desk.login = "balcao"
desk.password = desk.password_confirmation = SecureRandom.hex(20)
desk.save!
Member.create!(project: project, principal: desk, roles: [Role.givable.find_by!(name: "Reporter")])
admin = User.find(1)
admin.update_columns(must_change_passwd: false)
File.write(ENV.fetch("KEYS"), "#{desk.api_key} #{admin.api_key}")
$LOAD_PATH << Dir["/usr/share/rubygems-integration/all/gems/webrick-*/lib"].first
require "rack/handler/webrick"
Rack::Handler::WEBrick.run(Rails.application, Host: "127.0.0.1", Port: Integer(ENV.fetch("PORT")),
                           AccessLog: [], Logger: WEBrick::Log.new(File::NULL))
"##;

impl Redmine {
    /// Starts one; `None` if it is not installed.
    #[expect(clippy::print_stderr, reason = "whoever runs the tests is to know what they leave out")]
    pub async fn start() -> Option<Self> {
        let empty = Path::new(&packages("Redmine")?).join("redmine.sqlite3");
        if !empty.exists() {
            eprintln!("LEFT OUT: Redmine is not among the packages of this system");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let (database, keys) = (folder.path().join("db.sqlite3"), folder.path().join("keys"));
        std::fs::copy(empty, &database).unwrap();
        let port = free_port();
        let process = Process::start(
            Command::new("ruby")
                .args(["-e", REDMINE])
                .current_dir(folder.path())
                .env("RAILS_ENV", "production")
                .env("DATABASE_URL", format!("sqlite3:{}", database.display()))
                .env("SECRET_KEY_BASE", "only for a test on loopback, nobody else is ever served by it")
                .env("KEYS", &keys)
                .env("PORT", port.to_string()),
        );
        let (url, client) = (format!("http://127.0.0.1:{port}"), client());
        first_answer("Redmine", || client.get(&url)).await;
        let keys = std::fs::read_to_string(keys).unwrap();
        let (key, admin) = keys.split_once(' ').unwrap();
        let (key, admin) = (key.to_owned(), admin.to_owned());
        Some(Self { url, key, admin, client, _process: process, _folder: folder })
    }

    /// What its people do to an issue: a status by its id (3 is resolved, 5 closed) and a note, public or not.
    pub async fn team(&self, number: i64, status: u8, note: Option<(&str, bool)>) {
        let (notes, public) = note.unwrap_or(("", true));
        let issue = json!({"issue": {"status_id": status, "notes": notes, "private_notes": !public}});
        let put = self.client.put(format!("{}/issues/{number}.json", self.url));
        let answer = put.header("X-Redmine-API-Key", &self.admin).json(&issue).send().await.unwrap();
        assert_eq!(answer.status(), 204);
    }

    /// Every issue, newest first.
    pub async fn issues(&self) -> Vec<Value> {
        let get = self.client.get(format!("{}/issues.json?status_id=*&sort=id:desc", self.url));
        let answer = get.header("X-Redmine-API-Key", &self.admin).send().await.unwrap();
        let Value::Array(issues) = answer.json::<Value>().await.unwrap()["issues"].take() else { panic!() };
        issues
    }
}

/// A running mail server that keeps what it is given.
pub struct Mail {
    /// `smtp://127.0.0.1:PORT`
    pub url: String,
    kept: PathBuf,
    _process: Process,
    _folder: TempDir,
}

impl Mail {
    /// Starts one; `None` if it is not installed.
    pub async fn start() -> Option<Self> {
        let packages = packages("aiosmtpd")?;
        let folder = tempfile::tempdir().unwrap();
        let kept = folder.path().join("kept");
        let address = format!("127.0.0.1:{}", free_port());
        let process = Process::start(
            Command::new("python3")
                .env("PYTHONPATH", packages)
                .args(["-m", "aiosmtpd", "--nosetuid", "--listen", &address])
                .args(["--class", "aiosmtpd.handlers.Mailbox"])
                .arg(&kept),
        );
        let listening = async {
            while tokio::net::TcpStream::connect(&address).await.is_err() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(PATIENCE, listening).await.expect("aiosmtpd does not start");
        Some(Self { url: format!("smtp://{address}"), kept, _process: process, _folder: folder })
    }

    /// What it was given, headers and all.
    pub fn mails(&self) -> Vec<String> {
        let Ok(folder) = std::fs::read_dir(self.kept.join("new")) else { return Vec::new() };
        folder.map(|mail| std::fs::read_to_string(mail.unwrap().path()).unwrap()).collect()
    }
}
