//! What a file really is, by its bytes, and whether it may be kept. Only known types may: what a computer would run, and
//! what carries programs, is none of them. It reads bytes; it opens and runs nothing.

/// A type of files that may be kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileType {
    /// Its name: `application/pdf`.
    pub mime_type: &'static str,
    /// How names end: `pdf`.
    pub extension: &'static str,
}

/// Every type that may be kept.
const TYPES: [(&str, &str); 17] = [
    ("image/jpeg", "jpg"),
    ("image/png", "png"),
    ("image/webp", "webp"),
    ("image/gif", "gif"),
    ("application/pdf", "pdf"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"),
    ("application/vnd.oasis.opendocument.text", "odt"),
    ("application/vnd.oasis.opendocument.spreadsheet", "ods"),
    ("application/msword", "doc"),
    ("application/vnd.ms-excel", "xls"),
    ("application/vnd.ms-powerpoint", "ppt"),
    ("application/rtf", "rtf"),
    ("video/mp4", "mp4"),
    ("video/3gpp", "3gp"),
    ("text/plain", "txt"),
];

/// How much of a text is looked at for what is no text.
const LOOKED_AT: usize = 64 * 1024;

/// What `bytes` are; `None` for what may not be kept.
pub fn file_type(bytes: &[u8]) -> Option<FileType> {
    let begins = |sign: &[u8]| bytes.starts_with(sign);
    let extension = if begins(b"\xFF\xD8\xFF") {
        "jpg"
    } else if begins(b"\x89PNG\r\n\x1A\n") {
        "png"
    } else if begins(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        "webp"
    } else if begins(b"GIF87a") || begins(b"GIF89a") {
        "gif"
    } else if begins(b"%PDF-") {
        "pdf"
    } else if begins(b"{\\rtf") {
        "rtf"
    } else if begins(b"PK\x03\x04") {
        archive(bytes)?
    } else if begins(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        compound(bytes)?
    } else if bytes.get(4..8) == Some(b"ftyp") {
        if bytes.get(8..11) == Some(b"3gp") { "3gp" } else { "mp4" }
    } else if is_text(bytes) {
        "txt"
    } else {
        return None;
    };
    named(extension)
}

/// The type whose names end so.
fn named(extension: &str) -> Option<FileType> {
    TYPES
        .iter()
        .find(|(_, known)| *known == extension)
        .map(|(mime_type, extension)| FileType { mime_type, extension })
}

/// How names of a kept type end.
pub fn extension_of(mime_type: &str) -> Option<&'static str> {
    TYPES.iter().find(|(known, _)| *known == mime_type).map(|(_, extension)| *extension)
}

/// An archive that is a document: those say so in the names of what they hold. One with macros is none.
fn archive(bytes: &[u8]) -> Option<&'static str> {
    // The names stand in the archive as they are; what they hold is packed.
    let holds = |name: &[u8]| find(bytes, name);
    if holds(b"vbaProject.bin") || holds(b"Scripts/") || holds(b"Basic/") {
        return None;
    }
    let is_office = holds(b"[Content_Types].xml");
    if is_office && holds(b"word/document.xml") {
        Some("docx")
    } else if is_office && holds(b"xl/workbook.") {
        Some("xlsx")
    } else if is_office && holds(b"ppt/presentation.xml") {
        Some("pptx")
    } else if holds(b"mimetypeapplication/vnd.oasis.opendocument.text") {
        Some("odt")
    } else if holds(b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet") {
        Some("ods")
    } else {
        None
    }
}

/// A compound file of the old Office, which installers are too. One with macros is none.
fn compound(bytes: &[u8]) -> Option<&'static str> {
    let holds = |name: &str| find(bytes, &wide(name));
    if holds("_VBA_PROJECT") || holds("Macros") {
        None
    } else if holds("WordDocument") {
        Some("doc")
    } else if holds("Workbook") {
        Some("xls")
    } else if holds("PowerPoint Document") {
        Some("ppt")
    } else {
        None
    }
}

/// A name as compound files write it.
fn wide(name: &str) -> Vec<u8> {
    name.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Words that people read: no page, no script, nothing with a byte that no text has.
fn is_text(bytes: &[u8]) -> bool {
    let looked_at = &bytes[..bytes.len().min(LOOKED_AT)];
    let is_control = |byte: &u8| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C);
    if looked_at.is_empty() || looked_at.iter().any(is_control) {
        return false;
    }
    // An old table may be written in one byte a letter: still most of it is plain.
    let plain = looked_at.iter().filter(|byte| byte.is_ascii()).count();
    if std::str::from_utf8(bytes).is_err() && plain * 10 < looked_at.len() * 7 {
        return false;
    }
    let text = String::from_utf8_lossy(looked_at);
    let begins = text.trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    let runs = ["#!", "<", "@echo", "mz", "powershell", "wscript"];
    !runs.iter().any(|sign| begins.starts_with(sign))
}

fn find(bytes: &[u8], sought: &[u8]) -> bool {
    memchr::memmem::find(bytes, sought).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extension(bytes: &[u8]) -> Option<&'static str> {
        file_type(bytes).map(|found| found.extension)
    }

    #[test]
    fn files_are_known_by_their_bytes() {
        let document = b"PK\x03\x04...[Content_Types].xml...word/document.xml...";
        let mut old = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
        old.extend(wide("WordDocument"));
        for (bytes, expected) in [
            (&b"\xFF\xD8\xFF\xE0..JFIF"[..], "jpg"),
            (b"\x89PNG\r\n\x1A\n..", "png"),
            (b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
            (b"GIF89a..", "gif"),
            (b"%PDF-1.7 ..", "pdf"),
            (document, "docx"),
            (&old, "doc"),
            (b"\0\0\0\x20ftypisom", "mp4"),
            (b"\0\0\0\x14ftyp3gp4", "3gp"),
            ("Endereço: Rua A, 1".as_bytes(), "txt"),
            (b"nome;endere\xE7o\r\nAna;Rua A, 1\r\n", "txt"),
        ] {
            assert_eq!(extension(bytes), Some(expected), "{bytes:?}");
            let found = file_type(bytes).unwrap();
            assert_eq!(extension_of(found.mime_type), Some(expected));
        }
    }

    #[test]
    fn what_runs_or_may_run_is_not_kept() {
        let macros = b"PK\x03\x04...[Content_Types].xml...word/document.xml...word/vbaProject.bin";
        let package = b"PK\x03\x04...AndroidManifest.xml...classes.dex";
        let mut installer = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
        installer.extend(wide("!_StringPool"));
        let mut macros_of_old = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
        macros_of_old.extend(wide("WordDocument_VBA_PROJECT"));
        for bytes in [
            &b"MZ\x90\0\x03"[..],
            b"\x7FELF\x02",
            b"\xCF\xFA\xED\xFE",
            b"#!/bin/sh\nrm -rf /",
            b"@echo off\r\ndel *",
            b"<html><script>",
            b"\xEF\xBB\xBF <svg onload=x>",
            b"PK\x03\x04 anything else",
            macros,
            package,
            &installer,
            &macros_of_old,
            b"\x1F\x8B\x08",
            b"OggS\0\x02",
            b"",
        ] {
            assert_eq!(extension(bytes), None, "{bytes:?}");
        }
    }
}
