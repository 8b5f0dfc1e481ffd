//! A person lets the program in at a vendor's page: the authorization code grant (RFC 6749 §4.1) with a proof that the
//! one who asks for the token is the one who asked for consent (PKCE, RFC 7636). Pure; the token is asked for elsewhere.

use crate::domain::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Url;
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;

/// One question for consent. What came of it is worth a token only to whoever has this.
pub struct Consent {
    address: Url,
    redirect: String,
    state: Secret,
    verifier: Secret,
}

/// Why what the browser brought is no code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NoCode {
    /// The person or the vendor said no, in the vendor's words.
    Refused(String),
    /// It does not belong to this question: an old page, or somebody else's.
    Foreign,
    /// There is no code in it.
    Missing,
}

impl fmt::Display for NoCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(why) => write!(formatter, "the vendor gave no consent: {why}"),
            Self::Foreign => formatter.write_str(
                "this answer belongs to another question; open the address that is shown here, and no older one",
            ),
            Self::Missing => formatter.write_str(
                "there is no code in it; paste the whole address that the browser shows in the end, with code= and state=",
            ),
        }
    }
}

impl Consent {
    /// A question for consent on the vendor's page `authorize_url`.
    pub fn new(authorize_url: &Url, client_id: &str, scope: &str, redirect: &Url) -> Self {
        let (state, verifier) = (Secret::generate(""), Secret::generate(""));
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.reveal().as_bytes()));
        let mut address = authorize_url.clone();
        {
            let mut query = address.query_pairs_mut();
            query.append_pair("response_type", "code");
            query.append_pair("client_id", client_id);
            query.append_pair("redirect_uri", redirect.as_str());
            if !scope.is_empty() {
                query.append_pair("scope", scope);
            }
            query.append_pair("state", state.reveal());
            query.append_pair("code_challenge", &challenge);
            query.append_pair("code_challenge_method", "S256");
        }
        Self { address, redirect: redirect.as_str().to_owned(), state, verifier }
    }

    /// Where the person says yes.
    pub fn address(&self) -> &Url {
        &self.address
    }

    /// The code in the address that the browser was sent to afterwards, or in its query.
    ///
    /// # Errors
    /// [`NoCode`].
    pub fn code(&self, brought: &str) -> Result<String, NoCode> {
        let brought = brought.trim();
        let query = brought.split_once('?').map_or(brought, |(_, query)| query);
        let query = query.split('#').next().unwrap_or_default();
        let (mut code, mut state, mut error, mut about) = (None, String::new(), None, None);
        for (name, value) in url_pairs(query) {
            match name.as_str() {
                "code" => code = Some(value).filter(|code| !code.is_empty()),
                "state" => state = value,
                "error" => error = Some(value),
                "error_description" => about = Some(value),
                _ => {}
            }
        }
        if code.is_none() && error.is_none() {
            return Err(NoCode::Missing);
        }
        if !bool::from(state.as_bytes().ct_eq(self.state.reveal().as_bytes())) {
            return Err(NoCode::Foreign);
        }
        match (error, code) {
            (Some(error), _) => Err(NoCode::Refused(about.unwrap_or(error))),
            (None, Some(code)) => Ok(code),
            (None, None) => Err(NoCode::Missing),
        }
    }

    /// Where the vendor sends the browser.
    pub(super) fn redirect(&self) -> &str {
        &self.redirect
    }

    /// The proof.
    pub(super) fn verifier(&self) -> &str {
        self.verifier.reveal()
    }
}

/// Names and values of a query, decoded.
fn url_pairs(query: &str) -> Vec<(String, String)> {
    // A query needs an address around it to be read.
    let Ok(url) = Url::parse(&format!("http://127.0.0.1/?{query}")) else { return Vec::new() };
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn consent() -> Consent {
        let (page, redirect) =
            ("https://vendor.example/oauth/authorize?tenant=1", "http://127.0.0.1:8766/callback");
        Consent::new(&page.parse().unwrap(), "loja & cia", "crm.read crm.write", &redirect.parse().unwrap())
    }

    fn of(consent: &Consent, name: &str) -> String {
        consent.address().query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned()
    }

    #[test]
    fn the_address_asks_for_a_code_and_binds_it_to_the_one_who_asked() {
        let asked = consent();
        assert_eq!(of(&asked, "tenant"), "1", "what the vendor's address says stays");
        assert_eq!(
            (of(&asked, "response_type").as_str(), of(&asked, "client_id").as_str()),
            ("code", "loja & cia")
        );
        assert_eq!(of(&asked, "redirect_uri"), asked.redirect());
        assert_eq!(of(&asked, "scope"), "crm.read crm.write");
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(asked.verifier().as_bytes()));
        assert_eq!(of(&asked, "code_challenge"), challenge);
        assert!(!asked.address().as_str().contains(asked.verifier()), "the proof stays here");
        assert!((43..=128).contains(&asked.verifier().len()), "RFC 7636 §4.1");
    }

    #[test]
    fn only_the_answer_to_this_question_is_worth_anything() {
        let (asked, other) = (consent(), consent());
        let state = of(&asked, "state");
        let whole = format!("http://127.0.0.1:8766/callback?code=a%2Fb%20c&state={state}#done");
        assert_eq!(asked.code(&whole), Ok("a/b c".to_owned()));
        assert_eq!(asked.code(&format!(" code=x&state={state}\n")), Ok("x".to_owned()), "a query alone");
        assert_eq!(other.code(&whole), Err(NoCode::Foreign));
        assert_eq!(asked.code("code=x"), Err(NoCode::Foreign));
        for nothing in ["", "?", "x", "state=1", &format!("code=&state={state}")] {
            assert_eq!(asked.code(nothing), Err(NoCode::Missing), "{nothing}");
        }
        let refused = format!("error=access_denied&error_description=user%20said%20no&state={state}");
        assert_eq!(asked.code(&refused), Err(NoCode::Refused("user said no".to_owned())));
        assert_eq!(asked.code("error=access_denied"), Err(NoCode::Foreign), "anybody can send that");
    }
}
