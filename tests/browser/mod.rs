//! The chat page and the widget in a real browser, against the real server with the demo shop. One browser does every
//! check, one after the other; each begins as a visitor who was never there.

mod chat;
mod clerk;
mod console;
mod driver;
mod interview;
mod page;
mod shop;
mod widget;

use driver::Browser;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use page::Page;
use shop::{Shop, Site};
use std::panic::AssertUnwindSafe;

/// What a check may use.
struct Scene<'a> {
    page: Page<'a>,
    shop: &'a mut Shop,
    /// A page whose origin may embed the widget.
    friend: &'a str,
    /// A page whose origin may not.
    stranger: &'a str,
}

/// Failed requests that the browser itself reports; everything else on the console is a fault.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Noise {
    None,
    Network,
}

type Check = for<'a> fn(&'a mut Scene<'_>) -> BoxFuture<'a, ()>;

macro_rules! checks {
    ($($noise:ident $area:ident::$name:ident),* $(,)?) => {
        [$((stringify!($name), Noise::$noise, (|scene| $area::$name(scene).boxed()) as Check)),*]
    };
}

/// One browser at a time: each wants a core of its own, and what is waited for has a time limit.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_chat_works_in_a_real_browser() {
    let _alone = ALONE.lock().await;
    let browser = Browser::start().await;
    let (friend, stranger) = (Site::reserve().await, Site::reserve().await);
    let origins = (friend.origin.clone(), stranger.origin.clone());
    let mut shop = Shop::open(vec![friend.origin.clone()]).await;
    friend.embed(&shop.base);
    stranger.embed(&shop.base);

    let mut failed = Vec::new();
    for (name, noise, check) in checks![
        None chat::greets_with_ready_questions,
        None chat::streams_the_answer_and_shows_its_sources,
        None chat::says_what_it_does_while_a_tool_works,
        None chat::history_is_there_after_a_reload,
        None chat::asks_before_it_cancels_and_takes_a_click_for_an_answer,
        None chat::markup_stays_text,
        None chat::a_person_answers_by_name_and_gives_back,
        None chat::works_by_keyboard_alone,
        None chat::fits_a_phone,
        None interview::shows_an_interview_with_chips_slider_and_steps,
        None interview::an_interview_goes_back_skips_picks_a_day_and_is_edited_before_it_is_sent,
        Network chat::a_restarted_server_gets_what_was_written_meanwhile_once,
        None widget::opens_on_a_foreign_page_and_is_left_by_escape,
        Network widget::other_origins_cannot_use_it,
    ] {
        let page = Page(&browser);
        let mut scene = Scene { page, shop: &mut shop, friend: &origins.0, stranger: &origins.1 };
        let mut passed = AssertUnwindSafe(check(&mut scene)).catch_unwind().await.is_ok();
        let console = browser.console().await;
        let faults: Vec<&String> = console.iter().filter(|line| is_fault(line, noise)).collect();
        if !faults.is_empty() {
            eprintln!("{name}: the console says {faults:#?}");
            passed = false;
        }
        if !passed {
            failed.push(format!("{name} (see {})", browser.picture(name).await));
        }
        // Whatever a check that failed has left.
        shop.clerk.go_on();
        browser.be_a_desktop().await;
        if !shop.is_open() {
            shop.start().await;
        }
    }
    shop.stop().await;
    browser.close().await;
    assert!(failed.is_empty(), "these checks failed: {failed:#?}");
}

fn is_fault(line: &str, noise: Noise) -> bool {
    let network = ["Failed to load resource", "net::ERR", "blocked by CORS policy"];
    noise == Noise::None || !network.iter().any(|words| line.contains(words))
}

/// Every page that embeds the widget pays for its bytes.
#[test]
fn the_widget_is_small() {
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;
    let mut zipped = GzEncoder::new(Vec::new(), Compression::best());
    zipped.write_all(include_bytes!("../../src/web/assets/widget.js")).unwrap();
    let bytes = zipped.finish().unwrap().len();
    assert!(bytes < 22_000, "{bytes} bytes in gzip");
}
