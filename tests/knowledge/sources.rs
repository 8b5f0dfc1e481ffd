//! What an ingest makes of documents in every format, good, broken and hostile, and of `sources.toml`. Risky formats are read by
//! the real program in a process of its own.

use super::{counts, open, places};
use balcao::knowledge::gather::Places;
use balcao::knowledge::ingest::IngestReport;
use balcao::knowledge::search::KnowledgeBase;
use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn docx(text: &str) -> Vec<u8> {
    let body = format!(
        "<w:document xmlns:w='w'><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>"
    );
    zipped(&[("word/document.xml", body.as_bytes())])
}

/// A workbook of one sheet with a question and its answer, as spreadsheets of the first kind are kept.
fn xlsx(question: &str, answer: &str) -> Vec<u8> {
    let cell = |place: &str, text: &str| format!("<c r='{place}' t='inlineStr'><is><t>{text}</t></is></c>");
    let row = |number: usize, one: &str, other: &str| {
        let (one, other) = (cell(&format!("A{number}"), one), cell(&format!("B{number}"), other));
        format!("<row r='{number}'>{one}{other}</row>")
    };
    let sheet = format!(
        "<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData>{}{}</sheetData></worksheet>",
        row(1, "Pergunta", "Resposta"),
        row(2, question, answer)
    );
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let related = |kind: &str, target: &str| {
        format!(
            "<Relationships xmlns='{package}'><Relationship Id='rId1' Type='{office}/{kind}' Target='{target}'/></Relationships>"
        )
    };
    let book = format!(
        "<workbook xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main' xmlns:r='{office}'>\
         <sheets><sheet name='FAQ' sheetId='1' r:id='rId1'/></sheets></workbook>"
    );
    zipped(&[
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", related("worksheet", "worksheets/sheet1.xml").as_bytes()),
        ("_rels/.rels", related("officeDocument", "xl/workbook.xml").as_bytes()),
    ])
}

/// The same as an open document.
fn ods(question: &str, answer: &str) -> Vec<u8> {
    let row = |cells: [&str; 2]| {
        let cells = cells.map(|text| {
            format!("<table:table-cell office:value-type='string'><text:p>{text}</text:p></table:table-cell>")
        });
        format!("<table:table-row>{}</table:table-row>", cells.concat())
    };
    let oasis = "urn:oasis:names:tc:opendocument:xmlns";
    let content = format!(
        "<office:document-content xmlns:office='{oasis}:office:1.0' xmlns:table='{oasis}:table:1.0' \
         xmlns:text='{oasis}:text:1.0'><office:body><office:spreadsheet><table:table table:name='FAQ'>{}{}\
         </table:table></office:spreadsheet></office:body></office:document-content>",
        row(["Pergunta", "Resposta"]),
        row([question, answer])
    );
    let manifest = format!("<manifest:manifest xmlns:manifest='{oasis}:manifest:1.0'/>");
    zipped(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", content.as_bytes()),
        ("META-INF/manifest.xml", manifest.as_bytes()),
    ])
}

/// A PDF of one page with this content stream, compressed as `filter` says.
pub fn pdf(content: &[u8], filter: &str) -> Vec<u8> {
    let mut bytes = b"%PDF-1.4\n".to_vec();
    let mut places = Vec::new();
    let page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources << /Font << /F1 4 0 R >> \
                /XObject << /X 6 0 R >> >> >>";
    let stream = |dictionary: String, content: &[u8]| {
        [dictionary.as_bytes(), b"\nstream\n", content, b"\nendstream"].concat()
    };
    let form = b"/X Do";
    let objects: [Vec<u8>; 6] = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        page.as_bytes().to_vec(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_vec(),
        stream(format!("<< /Length {} {filter} >>", content.len()), content),
        // A drawing that draws itself.
        stream(
            format!(
                "<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Length {} /Resources << /XObject << /X 6 0 R >> >> >>",
                form.len()
            ),
            form,
        ),
    ];
    for (at, object) in objects.iter().enumerate() {
        places.push(bytes.len());
        bytes.extend(format!("{} 0 obj\n", at + 1).bytes());
        bytes.extend(object);
        bytes.extend(b"\nendobj\n");
    }
    let table = bytes.len();
    bytes.extend(b"xref\n0 7\n0000000000 65535 f \n");
    for place in places {
        bytes.extend(format!("{place:010} 00000 n \n").bytes());
    }
    bytes.extend(format!("trailer\n<< /Size 7 /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n").bytes());
    bytes
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

struct Shop {
    // The index goes before its folder.
    knowledge: KnowledgeBase,
    places: Places,
    outer: PathBuf,
    _folder: tempfile::TempDir,
}

impl Shop {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let outer = folder.path().to_owned();
        let inner = outer.join("knowledge");
        fs::create_dir(&inner).unwrap();
        Self { knowledge: open(&outer.join("index")), places: places(&inner), outer, _folder: folder }
    }

    fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.outer.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn ingest(&self) -> IngestReport {
        self.knowledge.ingest(&self.places.configured(Vec::new).unwrap()).unwrap()
    }

    fn best(&self, query: &str) -> (String, String) {
        let found = self.knowledge.search_blocking(query, 1).unwrap().remove(0);
        (found.source, found.text)
    }
}

#[test]
fn every_format_is_read_and_found() {
    let shop = Shop::new();
    shop.write("knowledge/trocas.docx", docx("O prazo de troca da loja é de sete dias."));
    shop.write(
        "knowledge/garantia.pdf",
        pdf(b"BT /F1 12 Tf 72 700 Td (A garantia das plantas vale quinze dias.) Tj ET", ""),
    );
    shop.write(
        "knowledge/pagina.html",
        "<nav>Menu</nav><h1>Estacionamento</h1><p>O estacionamento é gratuito.</p>",
    );
    shop.write("knowledge/faq.csv", b"Pergunta;Resposta\nAceita cheque?;N\xe3o aceitamos cheque.\n");
    shop.write(
        "knowledge/utf16.txt",
        "\u{feff}O presente vai embrulhado.".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>(),
    );
    shop.write("knowledge/brindes.xlsx", xlsx("Dão brindes no aniversário?", "Damos um cacto de brinde."));
    shop.write(
        "knowledge/oficinas.ods",
        ods("Têm oficina de macramê?", "A oficina de macramê é aos sábados."),
    );
    shop.write(
        "knowledge/notas.jsonl",
        "{\"id\":\"nota-1\",\"text\":\"Emitimos nota fiscal eletrônica para empresas.\"}\n",
    );
    shop.write("knowledge/horta.md", "# Horta\n\nA horta comunitária abre em abril.\n");
    let report = shop.ingest();
    assert_eq!(counts(&report), [9, 0, 0, 0, 0], "{report}");
    for (query, source, words) in [
        ("prazo de troca", "trocas.docx", "sete dias"),
        ("garantia das plantas", "garantia.pdf", "quinze dias"),
        ("tem estacionamento", "pagina.html", "gratuito"),
        ("vocês aceitam cheque?", "faq.csv#", "Não aceitamos"),
        ("presente embrulhado", "utf16.txt", "embrulhado"),
        ("vocês dão brindes no aniversário?", "brindes.xlsx#", "cacto de brinde"),
        ("tem oficina de macramê", "oficinas.ods#", "aos sábados"),
        ("nota fiscal para empresas", "nota-1", "eletrônica"),
        ("horta comunitária", "horta.md", "abril"),
    ] {
        let (found, text) = shop.best(query);
        assert!(found.starts_with(source) && text.contains(words), "{query}: {found}: {text}");
    }
    assert_eq!(counts(&shop.ingest()), [0, 0, 9, 0, 0]);
}

#[test]
fn hostile_documents_cost_themselves_only() {
    let shop = Shop::new();
    shop.write("knowledge/boa.md", "# Frete\n\nO frete é grátis.");
    // A page whose drawing draws itself for ever, and one that unpacks to more memory than there is.
    shop.write("knowledge/laco.pdf", pdf(b"BT /F1 12 Tf (Texto que vale) Tj ET /X Do", ""));
    let bomb = deflated(&deflated(&vec![b' '; 1 << 30]));
    shop.write(
        "knowledge/bomba.pdf",
        pdf(&deflated(&bomb), "/Filter [/FlateDecode /FlateDecode /FlateDecode]"),
    );
    shop.write("knowledge/nada.pdf", pdf(b"", ""));
    shop.write("knowledge/bomba.docx", zipped(&[("word/document.xml", &vec![b' '; 100 << 20])]));
    shop.write("knowledge/trocado.docx", pdf(b"", ""));
    shop.write("knowledge/cifrado.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 EncryptedPackage");
    shop.write("knowledge/velho.doc", "x");
    let report = shop.ingest();
    assert_eq!(counts(&report), [1, 0, 0, 0, 7], "{report}");
    let reasons: Vec<String> = report.failed.iter().map(ToString::to_string).collect();
    for (file, words) in [
        ("bomba.docx", "unpacks to more than"),
        ("bomba.pdf", "time or memory"),
        ("cifrado.xlsx", "encrypted"),
        ("laco.pdf", "time or memory"),
        ("nada.pdf", "no text"),
        ("trocado.docx", "this is a PDF"),
        ("velho.doc", "save it as"),
    ] {
        let reason = reasons.iter().find(|reason| reason.starts_with(&format!("{file}: "))).unwrap();
        assert!(reason.contains(words), "{reason}");
    }
    assert_eq!(shop.best("frete").0, "boa.md");
}

#[test]
fn other_folders_and_files_are_sources_with_terms_of_their_own() {
    let shop = Shop::new();
    shop.write("knowledge/frete.md", "# Frete\n\nO frete é grátis.");
    shop.write("politicas/trocas.md", "---\nowner: Bia\n---\n# Trocas\n\nSete dias.");
    shop.write("politicas/fundo/vasos.md", "# Vasos\n\nDe barro.");
    shop.write("precos.csv", "Produto,Preço\nJiboia,\"R$ 39,90\"\n");
    shop.write(
        "knowledge/sources.toml",
        "[[folder]]\npath = \".\"\nowner = \"Ana\"\n[[folder]]\npath = \"../politicas\"\naudience = \"revenda\"\nowner = \"Ana\"\n\
         [[file]]\npath = \"../precos.csv\"\nvalid_until = 2026-12-31\n[[file]]\npath = \"frete.md\"\nvalid_from = 2026-01-01\n",
    );
    let report = shop.ingest();
    assert_eq!(counts(&report), [4, 0, 0, 0, 0], "{report}");
    let names: Vec<_> = shop.knowledge.manifest().keys().cloned().collect();
    assert_eq!(names, ["frete.md", "politicas/fundo/vasos.md", "politicas/trocas.md", "precos.csv"]);
    let terms = |name: &str| {
        let files = shop.places.configured(Vec::new).unwrap();
        let file = files.iter().find(|file| file.name() == name).unwrap();
        file.documents(balcao::domain::language::Language::Portuguese).next().unwrap().unwrap().terms
    };
    let day = |text: &str| Some(text.parse().unwrap());
    assert_eq!(
        (terms("frete.md").owner.as_deref(), terms("frete.md").valid_from),
        (Some("Ana"), day("2026-01-01"))
    );
    // What a document says itself goes before what its source says of it.
    assert_eq!(terms("politicas/trocas.md").owner.as_deref(), Some("Bia"));
    assert_eq!(terms("politicas/fundo/vasos.md").audience.as_deref(), Some("revenda"));
    assert_eq!(terms("precos.csv").valid_until, day("2026-12-31"));
    // A drive that is away takes nothing with it; a source that is no longer named takes all of it.
    fs::rename(shop.outer.join("politicas"), shop.outer.join("longe")).unwrap();
    let report = shop.ingest();
    assert_eq!((counts(&report), report.kept), ([0, 0, 2, 0, 1], 2), "{report}");
    assert!(report.failed[0].to_string().starts_with("politicas/: cannot read"), "{report}");
    fs::remove_file(shop.outer.join("knowledge/sources.toml")).unwrap();
    let report = shop.ingest();
    assert_eq!((report.removed, report.changed), (3, 1), "{report}");
}

#[test]
fn a_mistake_in_the_file_changes_nothing() {
    let shop = Shop::new();
    shop.write("knowledge/frete.md", "# Frete\n\nO frete é grátis.");
    shop.ingest();
    shop.write("knowledge/sources.toml", "[[folder]]\npath = \"../x\"\n[[site]]\nurl = \"loja\"\n");
    let error = shop.places.configured(Vec::new).unwrap_err().to_string();
    assert_eq!(
        error,
        "knowledge/sources.toml:4: `url` is no address of a web page; write it like https://shop.example/"
    );
    assert_eq!(shop.knowledge.manifest().len(), 1);
}

#[test]
fn a_document_is_read_once_and_forgotten_with_its_file() {
    let shop = Shop::new();
    shop.write("knowledge/trocas.docx", docx("Sete dias para trocar."));
    shop.ingest();
    shop.places.outside.sweep();
    let kept = |folder: &Path| fs::read_dir(folder).unwrap().count();
    let folder = shop.outer.join("knowledge-read");
    assert_eq!(kept(&folder), 1);
    shop.write("knowledge/trocas.docx", docx("Dez dias para trocar."));
    assert_eq!(shop.ingest().changed, 1);
    shop.places.outside.sweep();
    assert_eq!(kept(&folder), 1);
    assert!(shop.best("trocar").1.starts_with("Dez"));
}
