//! Site maps: lists of a site's pages, or of further lists; plain or packed with gzip. Reads bytes, fetches nothing.

use flate2::read::GzDecoder;
use quick_xml::Reader;
use quick_xml::events::Event;
use std::io::Read;

/// The largest site map, unpacked; the protocol allows this much.
pub const LARGEST: u64 = 50 * 1024 * 1024;

/// The most addresses in one; the protocol allows this many.
const MOST_ADDRESSES: usize = 50_000;

/// What a site map lists.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sitemap {
    /// Pages.
    pub pages: Vec<String>,
    /// Further site maps.
    pub maps: Vec<String>,
}

/// Reads one.
///
/// # Errors
/// It is damaged or too large; in words for the operator.
pub fn read(bytes: &[u8]) -> Result<Sitemap, String> {
    let mut text = String::new();
    let read = if bytes.starts_with(b"\x1f\x8b") {
        GzDecoder::new(bytes).take(LARGEST + 1).read_to_string(&mut text)
    } else {
        bytes.take(LARGEST + 1).read_to_string(&mut text)
    };
    read.map_err(|error| format!("the site map is damaged: {error}"))?;
    if text.len() as u64 > LARGEST {
        return Err(format!("the site map is larger than the {LARGEST} bytes allowed"));
    }
    // Some sites list their pages a line each.
    if !text.trim_start_matches('\u{feff}').trim_start().starts_with('<') {
        let lines = text.lines().map(str::trim).filter(|line| line.starts_with("http"));
        return Ok(Sitemap {
            pages: lines.take(MOST_ADDRESSES).map(str::to_owned).collect(),
            maps: Vec::new(),
        });
    }
    let mut reader = Reader::from_str(&text);
    let mut found = Sitemap::default();
    let (mut is_map, mut in_location, mut address) = (false, false, String::new());
    loop {
        match reader.read_event().map_err(|error| format!("the site map is damaged: {error}"))? {
            Event::Start(tag) => match tag.local_name().as_ref() {
                "sitemap" => is_map = true,
                "url" => is_map = false,
                "loc" => in_location = true,
                _ => {}
            },
            Event::Text(text) if in_location => address.push_str(&text.xml10_content()),
            Event::CData(text) if in_location => address.push_str(&text),
            Event::GeneralRef(entity) if in_location && entity.as_ref() == "amp" => address.push('&'),
            Event::End(tag) if tag.local_name().as_ref() == "loc" => {
                in_location = false;
                let list = if is_map { &mut found.maps } else { &mut found.pages };
                let address = std::mem::take(&mut address);
                if list.len() < MOST_ADDRESSES && !address.trim().is_empty() {
                    list.push(address.trim().to_owned());
                }
            }
            Event::Eof => return Ok(found),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn lists_of_pages_and_lists_of_lists_are_read() {
        let pages = "<?xml version='1.0'?><urlset xmlns='s'><url><loc> https://a.example/x?a=1&amp;b=2 </loc><lastmod>x</lastmod></url>\
                     <url><loc><![CDATA[https://a.example/y]]></loc></url></urlset>";
        let expected = ["https://a.example/x?a=1&b=2", "https://a.example/y"];
        assert_eq!(read(pages.as_bytes()).unwrap().pages, expected);
        assert_eq!(read(&packed(pages.as_bytes())).unwrap().pages, expected);
        let index = "<sitemapindex><sitemap><loc>https://a.example/1.xml</loc></sitemap></sitemapindex>";
        assert_eq!(read(index.as_bytes()).unwrap().maps, ["https://a.example/1.xml"]);
        assert_eq!(read(b"https://a.example/z\n\nnada\n").unwrap().pages, ["https://a.example/z"]);
    }

    #[test]
    fn bombs_and_broken_maps_are_refused() {
        let bomb = packed(&vec![b' '; 60 << 20]);
        assert!(read(&bomb).unwrap_err().contains("larger than"));
        assert!(read(b"<urlset><url></loc>").unwrap_err().contains("damaged"));
        assert!(read(b"\x1f\x8bbroken").unwrap_err().contains("damaged"));
        assert_eq!(read(b"").unwrap(), Sitemap::default());
    }
}
