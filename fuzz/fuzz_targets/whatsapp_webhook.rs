//! Any bytes as a body that Meta posted: they are read or refused, and whatever is read can be said in words. Nothing
//! panics.

#![no_main]

use balcao::channels::whatsapp::status::StatusUpdate;
use balcao::channels::whatsapp::wire::{What, read};
use balcao::channels::whatsapp::words::said;
use balcao::domain::language::Language;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let Ok(updates) = read(body) else { return };
    for update in updates {
        match &update.what {
            What::Message(message) => {
                let _ = said(&message.content, Language::Portuguese);
            }
            What::Echo(echo) => {
                let _ = said(&echo.content, Language::English);
            }
            What::Status(status) => {
                let _ = StatusUpdate::read(status);
            }
            _ => {}
        }
        let _ = (update.person(), update.is_message());
    }
});
