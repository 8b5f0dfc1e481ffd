//! Files of the business that are put with Meta, to be sent by their ids: of which types and how large Meta takes them, and
//! the form they are put in. What they are is said by their bytes, not by their names.

use super::media::sound;
use super::sniff::{FileType, file_type};
use serde::Serialize;

/// Separates the parts of a request.
const BOUNDARY: &str = "balcao-2b8e61d7c94f4a05-file";
/// The largest file of any kind, in bytes.
pub const LARGEST: usize = 100_000_000;

/// As what a file is sent: the `type` of an attachment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SentAs {
    /// A picture.
    Image,
    /// A film.
    Video,
    /// A sound.
    Audio,
    /// A document.
    Document,
}

impl SentAs {
    /// The largest that Meta takes, in bytes.
    const fn largest(self) -> usize {
        match self {
            Self::Image => 5_000_000,
            Self::Video | Self::Audio => 16_000_000,
            Self::Document => LARGEST,
        }
    }
}

/// A file that Meta takes.
#[derive(Clone, PartialEq, Eq)]
pub struct Upload {
    /// As what it is sent.
    pub sent_as: SentAs,
    /// Its type.
    pub mime_type: &'static str,
    extension: &'static str,
    bytes: Vec<u8>,
}

/// Why Meta would not take a file.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoUpload {
    /// Its type.
    #[error(
        "WhatsApp takes pictures (JPEG, PNG), films (MP4, 3GP), sounds (AAC, AMR, MP3, M4A, OGG) and documents (PDF, Word, \
         Excel, PowerPoint, plain text); this is {0}"
    )]
    Type(&'static str),
    /// Its size.
    #[error("WhatsApp takes at most {largest} bytes of {what}; this has {bytes}")]
    Size {
        /// Of which kind.
        what: &'static str,
        /// The largest.
        largest: usize,
        /// What it has.
        bytes: usize,
    },
}

impl Upload {
    /// These bytes, if Meta takes them.
    ///
    /// # Errors
    /// [`NoUpload`].
    pub fn of(bytes: Vec<u8>) -> Result<Self, NoUpload> {
        let (sent_as, mime_type, extension) = kind(&bytes)?;
        if bytes.len() > sent_as.largest() {
            return Err(NoUpload::Size { what: mime_type, largest: sent_as.largest(), bytes: bytes.len() });
        }
        Ok(Self { sent_as, mime_type, extension, bytes })
    }

    /// How many bytes it has.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The type of a request with it.
    pub fn content_type() -> String {
        format!("multipart/form-data; boundary={BOUNDARY}")
    }

    /// The body of a request with it.
    pub fn form(&self) -> Vec<u8> {
        let mut form = Vec::with_capacity(self.bytes.len() + 1024);
        for (name, value) in [("messaging_product", "whatsapp"), ("type", self.mime_type)] {
            let part =
                format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            form.extend_from_slice(part.as_bytes());
        }
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file.{}\"\r\nContent-Type: \
             {}\r\n\r\n",
            self.extension, self.mime_type
        );
        form.extend_from_slice(head.as_bytes());
        form.extend_from_slice(&self.bytes);
        form.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        form
    }
}

fn kind(bytes: &[u8]) -> Result<(SentAs, &'static str, &'static str), NoUpload> {
    // Both begin alike; the brand behind says which it is.
    let is_sound = bytes.get(4..8) != Some(b"ftyp") || bytes.get(8..11) == Some(b"M4A");
    if is_sound && let Some((extension, mime_type)) = sound(bytes) {
        return match extension {
            "wav" => Err(NoUpload::Type(mime_type)),
            _ => Ok((SentAs::Audio, mime_type, extension)),
        };
    }
    let FileType { mime_type, extension } = file_type(bytes).ok_or(NoUpload::Type("none of them"))?;
    let sent_as = match extension {
        "jpg" | "png" => SentAs::Image,
        "mp4" | "3gp" => SentAs::Video,
        "pdf" | "docx" | "xlsx" | "pptx" | "doc" | "xls" | "ppt" | "txt" => SentAs::Document,
        _ => return Err(NoUpload::Type(mime_type)),
    };
    Ok((sent_as, mime_type, extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_what_their_bytes_say_and_meta_takes_some() {
        for (bytes, expected) in [
            (&b"\x89PNG\r\n\x1A\n"[..], Some((SentAs::Image, "image/png"))),
            (b"%PDF-1.7", Some((SentAs::Document, "application/pdf"))),
            (b"tabela", Some((SentAs::Document, "text/plain"))),
            (b"\0\0\0\x20ftypM4A ", Some((SentAs::Audio, "audio/mp4"))),
            (b"\0\0\0\x20ftypisom", Some((SentAs::Video, "video/mp4"))),
            (b"OggS\0\x02", Some((SentAs::Audio, "audio/ogg"))),
            (b"RIFF\0\0\0\0WAVEfmt ", None),
            (b"RIFF\0\0\0\0WEBP", None),
            (b"GIF89a", None),
            (b"MZ\x90\0", None),
            (b"\x7FELF", None),
        ] {
            let upload = Upload::of(bytes.to_vec()).ok();
            assert_eq!(upload.map(|upload| (upload.sent_as, upload.mime_type)), expected, "{bytes:?}");
        }
    }

    #[test]
    fn a_picture_has_less_room_than_a_document() {
        let large = |sign: &[u8]| {
            let mut bytes = sign.to_vec();
            bytes.resize(5_000_001, b' ');
            Upload::of(bytes)
        };
        assert!(matches!(large(b"\xFF\xD8\xFF"), Err(NoUpload::Size { largest: 5_000_000, .. })));
        assert!(large(b"%PDF-").is_ok());
    }
}
