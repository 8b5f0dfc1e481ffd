//! What a particular endpoint does not understand. Nothing has to be configured: an endpoint that rejects a part
//! of a request teaches it once, and requests are written without that part from then on.

use super::error::Rejection;
use std::sync::atomic::{AtomicU8, Ordering};

/// One deviation from the protocol that an endpoint may need.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Quirk {
    /// Wants `max_completion_tokens` for `max_tokens`.
    MaxCompletionTokens = 1,
    /// Does not know `stream_options`.
    NoStreamOptions = 2,
    /// Takes no temperature.
    NoTemperature = 4,
    /// Takes a system message at the beginning only.
    SystemFirst = 8,
    /// Wants call ids of nine letters and digits.
    ShortIds = 16,
    /// Cannot call tools: they are described in words, and calls are read out of the answer.
    ToolsAsText = 32,
}

impl Quirk {
    const ALL: [Self; 6] = [
        Self::MaxCompletionTokens,
        Self::NoStreamOptions,
        Self::NoTemperature,
        Self::SystemFirst,
        Self::ShortIds,
        Self::ToolsAsText,
    ];

    /// Whether the rejection `text`, in lower case, is due to this.
    fn explains(self, text: &str) -> bool {
        let says = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
        match self {
            Self::MaxCompletionTokens => says(&["max_completion_tokens"]),
            Self::NoStreamOptions => says(&["stream_options"]),
            Self::NoTemperature => {
                says(&["temperature"]) && says(&["support", "only the default", "deprecated"])
            }
            Self::SystemFirst => {
                says(&["system message must be at the beginning", "roles must alternate"])
                    || (says(&["system"]) && says(&["role"]) && says(&["only", "unexpected", "first"]))
            }
            Self::ShortIds => says(&["tool call id"]) && says(&["length of 9"]),
            Self::ToolsAsText => {
                says(&["does not support tools", "tools are not supported", "tool use is not supported"])
                    || says(&["--enable-auto-tool-choice", "tools param requires --jinja"])
                    || says(&[
                        "does not support function calling",
                        "no endpoints found that support tool use",
                    ])
            }
        }
    }
}

/// A set of quirks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Quirks(u8);

impl Quirks {
    /// Whether `quirk` is among them.
    pub(super) fn has(self, quirk: Quirk) -> bool {
        self.0 & quirk as u8 != 0
    }
}

/// What has been learnt about an endpoint.
#[derive(Debug, Default)]
pub(super) struct Dialect {
    quirks: AtomicU8,
}

impl Dialect {
    /// What is known now; a request is written by one such state.
    pub(super) fn known(&self) -> Quirks {
        Quirks(self.quirks.load(Ordering::Relaxed))
    }

    /// Learns from the `rejection` of a request that was written by `known`; says whether it explains the
    /// rejection, so that asking again makes sense.
    pub(super) fn learn(&self, rejection: &Rejection, known: Quirks) -> bool {
        if !matches!(rejection.status, 400 | 404 | 415 | 422 | 500 | 501) {
            return false;
        }
        let text = rejection.body.to_lowercase();
        let mut explained = false;
        for quirk in Quirk::ALL {
            if !known.has(quirk) && quirk.explains(&text) {
                self.quirks.fetch_or(quirk as u8, Ordering::Relaxed);
                explained = true;
            }
        }
        explained
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn learns_once_from_each_rejection() {
        let rejection = |status, body: &str| Rejection { status, retry_after: None, body: body.to_owned() };
        for (body, quirk) in [
            (
                "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
                Quirk::MaxCompletionTokens,
            ),
            ("Extra inputs are not permitted: stream_options", Quirk::NoStreamOptions),
            (
                "'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
                Quirk::NoTemperature,
            ),
            ("Conversation roles must alternate user/assistant/user/assistant/...", Quirk::SystemFirst),
            ("Tool call id was call_1_0 but must be a-z, A-Z, 0-9, with a length of 9.", Quirk::ShortIds),
            ("registry.ollama.ai/library/gemma:2b does not support tools", Quirk::ToolsAsText),
            (
                "\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser",
                Quirk::ToolsAsText,
            ),
        ] {
            let dialect = Dialect::default();
            let before = dialect.known();
            assert!(dialect.learn(&rejection(400, body), before), "{body}");
            assert!(dialect.known().has(quirk), "{body}");
            assert!(!dialect.learn(&rejection(400, body), dialect.known()), "{body}");
            // Another request that was under way meanwhile may be written anew too.
            assert!(dialect.learn(&rejection(400, body), before), "{body}");
        }
        let dialect = Dialect::default();
        assert!(!dialect.learn(&rejection(401, "stream_options"), dialect.known()));
        assert!(!dialect.learn(&rejection(400, "bad request"), dialect.known()));
    }
}
