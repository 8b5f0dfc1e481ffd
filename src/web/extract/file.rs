//! A file that is sent: as the body itself, or in a form (`multipart/form-data`) as browsers send it, with words beside
//! it. Bounds its size; whether the file is any good is not decided here.

use super::body::read;
use crate::web::problem::Problem;
use axum::body::Bytes;
use axum::extract::Request;
use futures_util::stream;
use http::header::CONTENT_TYPE;
use multer::Multipart;
use std::convert::Infallible;

/// What a form may have beside its file, in bytes.
const FORM_BYTES: usize = 64 * 1024;

/// The field of a form that holds the file.
const FILE: &str = "file";

/// A file that was sent.
pub struct SentFile {
    /// Its name, where the sender's form names it; without the folders it lay in.
    pub name: Option<String>,
    /// Its content.
    pub bytes: Bytes,
    /// What else the form says, by field.
    pub said: Vec<(String, String)>,
}

impl SentFile {
    /// Reads a request whose file has at most `most` bytes.
    ///
    /// # Errors
    /// It is larger, broke off, or is a form without a file or with several.
    pub async fn read(request: Request, most: usize) -> Result<Self, Problem> {
        let kind =
            request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.trim_start().to_ascii_lowercase().starts_with("multipart/form-data") {
            let bytes = read(request.into_body(), most).await?;
            return Ok(Self { name: None, bytes, said: Vec::new() });
        }
        let boundary = multer::parse_boundary(kind).map_err(|error| unreadable(&error))?;
        let body = read(request.into_body(), most + FORM_BYTES).await?;
        let mut form = Multipart::new(stream::once(async move { Ok::<Bytes, Infallible>(body) }), boundary);
        let (mut file, mut said) = (None, Vec::new());
        while let Some(field) = form.next_field().await.map_err(|error| unreadable(&error))? {
            let field_name = field.name().unwrap_or_default().to_owned();
            let file_name = field.file_name().map(|name| base_name(name).to_owned());
            if field_name != FILE && file_name.is_none() {
                said.push((field_name, field.text().await.map_err(|error| unreadable(&error))?));
                continue;
            }
            if file.is_some() {
                return Err(Problem::invalid(field_name, "Send one file in a request."));
            }
            let bytes = field.bytes().await.map_err(|error| unreadable(&error))?;
            file = Some((file_name.filter(|name| !name.is_empty()), bytes));
        }
        let (name, bytes) =
            file.ok_or_else(|| Problem::invalid(FILE, "The form has no file; send it as the field `file`."))?;
        Ok(Self { name, bytes, said })
    }
}

/// Some browsers send the folders too.
fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

fn unreadable(error: &multer::Error) -> Problem {
    Problem::invalid(".", format!("The form cannot be read: {error}."))
}
