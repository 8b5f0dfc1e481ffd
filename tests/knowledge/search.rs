//! What a search finds, in which order, and how sure it is.

use super::{ingest, open, settings};
use balcao::config::knowledge::KnowledgeSettings;
use balcao::domain::language::Language;
use balcao::knowledge::command::{search_batch, write_json_lines};
use balcao::knowledge::search::KnowledgeBase;
use tempfile::TempDir;

const DOCUMENTS: [(&str, &str); 6] = [
    (
        "trocas.md",
        "---\ntitle: Trocas e devoluções\ntags: [arrependimento]\n---\n## Prazo\nA devolução é aceita em até 7 dias.\n\n\
         ## Políticas\nNossas políticas de troca valem para vasos sem uso.\n",
    ),
    (
        "frete.md",
        "# Frete\n\n## Valor\nO frete para São Paulo custa R$ 15,00.\n\n## Retirada\nRetirar na loja é grátis.",
    ),
    ("orquidea.md", "# Orquídea\n\n## Rega\nRegue uma vez por semana.\n\n## Luz\nLuz indireta e suave."),
    ("returns.md", "---\ntitle: Returns\nlanguage: en\n---\nYou may return unopened candles within 7 days."),
    (
        "faq.jsonl",
        "{\"id\":\"faq-1\",\"question\":\"Abre domingo?\",\"answer\":\"Não, a loja fica fechada.\"}",
    ),
    ("pagamento.txt", "Aceitamos Pix, boleto e cartão de crédito em até 6 vezes."),
];

fn shop() -> (TempDir, KnowledgeBase) {
    let folder = tempfile::tempdir().unwrap();
    let knowledge = open(folder.path());
    ingest(&knowledge, &DOCUMENTS);
    (folder, knowledge)
}

#[test]
fn accents_plurals_and_slips_do_not_matter() {
    let (_folder, knowledge) = shop();
    for query in ["devolução", "devolucao", "DEVOLUÇÕES", "devolucoes", "devolcao", "devoluc\u{327}a\u{303}o"]
    {
        let passages = knowledge.search_blocking(query, 3).unwrap();
        assert_eq!(passages.first().map(|it| it.heading.as_deref()), Some(Some("Prazo")), "{query}");
    }
    for query in ["política", "politicas", "trocar", "qual a politica de troca?"] {
        assert_eq!(
            knowledge.search_blocking(query, 3).unwrap()[0].heading.as_deref(),
            Some("Políticas"),
            "{query}"
        );
    }
    assert_eq!(knowledge.search_blocking("orquidia", 3).unwrap()[0].source, "orquidea.md");
}

#[test]
fn the_title_is_found_with_the_words_of_the_passage() {
    let (_folder, knowledge) = shop();
    let passages = knowledge.search_blocking("quando regar a orquídea", 3).unwrap();
    assert_eq!((passages[0].title.as_str(), passages[0].heading.as_deref()), ("Orquídea", Some("Rega")));
    assert!(passages[0].score > passages[1].score);
    assert!(passages[0].evidence > passages[1].evidence);
}

#[test]
fn evidence_tells_an_answer_from_a_likeness() {
    let (_folder, knowledge) = shop();
    for query in [
        "quanto custa o frete?",
        "vcs abrem no domingo",
        "posso pagar no pix",
        "oi, bom dia! queria saber o prazo de devolução por favor",
        "can I return candles?",
    ] {
        let passages = knowledge.search_blocking(query, 3).unwrap();
        assert!(knowledge.is_evident(&passages[0]), "{query}: {}", passages[0].evidence);
    }
    for query in [
        "vocês aceitam bitcoin?",
        "qual a capital da França?",
        "frete para Marte de foguete",
        "oi, tudo bem?",
    ] {
        let passages = knowledge.search_blocking(query, 3).unwrap();
        assert!(!passages.iter().any(|it| knowledge.is_evident(it)), "{query}: {passages:?}");
    }
}

#[test]
fn a_faq_entry_comes_up_once_with_its_answer() {
    let (_folder, knowledge) = shop();
    let passages = knowledge.search_blocking("abre domingo", 5).unwrap();
    let entries: Vec<_> =
        passages.iter().filter(|it| it.source == "faq-1").map(|it| it.text.as_str()).collect();
    assert_eq!(entries, ["Abre domingo?\nNão, a loja fica fechada."]);
    assert_eq!(passages[0].evidence, 1.0);
}

#[test]
fn odd_queries_find_nothing_and_harm_nothing() {
    let (_folder, knowledge) = shop();
    for query in ["", "   ", "?!", "🙂🙂", "\u{0}\u{fffd}", "a o de"] {
        assert!(knowledge.search_blocking(query, 5).unwrap().is_empty(), "{query:?}");
    }
    let long = "frete ".repeat(200_000) + &"é".repeat(100_000);
    assert_eq!(knowledge.search_blocking(&long, 5).unwrap()[0].source, "frete.md");
    assert!(knowledge.search_blocking("frete", 0).unwrap().is_empty());
    assert!(knowledge.search_blocking("frete", usize::MAX).unwrap().len() < 20);
}

#[tokio::test]
async fn searches_run_side_by_side_and_say_the_same() {
    let (_folder, knowledge) = shop();
    let expected = knowledge.search_blocking("frete", 5).unwrap();
    let searches = (0..20).map(|_| knowledge.search("frete", 5));
    for passages in futures_util::future::join_all(searches).await {
        assert_eq!(passages.unwrap(), expected);
    }
}

#[tokio::test]
async fn lines_and_batches_have_the_agreed_form() {
    let (_folder, knowledge) = shop();
    let mut output = Vec::new();
    write_json_lines(&knowledge.search_blocking("frete", 1).unwrap(), &mut output).unwrap();
    let line: serde_json::Value = serde_json::from_slice(&output).unwrap();
    assert_eq!((line["rank"].as_u64(), line["source"].as_str()), (Some(1), Some("frete.md")));
    assert!(line["id"].is_string() && line["score"].is_number() && line["heading"].is_string());

    let mut output = Vec::new();
    let batch =
        "{\"id\":\"1\",\"query\":\"abre domingo\",\"relevant\":[]}\n\n{\"id\":2,\"query\":\"xyzzy\"}\n";
    search_batch(&knowledge, batch.as_bytes(), &mut output).await.unwrap();
    let lines: Vec<_> = std::str::from_utf8(&output).unwrap().lines().collect();
    assert!(lines[0].starts_with("{\"id\":\"1\",\"ranked\":[\"faq-1\""), "{}", lines[0]);
    assert_eq!(lines[1], "{\"id\":2,\"ranked\":[]}");

    let error = search_batch(&knowledge, "{\"id\":1}".as_bytes(), &mut Vec::new()).await.unwrap_err();
    assert!(error.to_string().starts_with("line 1: "), "{error}");
}

#[test]
fn only_documents_in_the_languages_that_are_named_answer() {
    let folder = tempfile::tempdir().unwrap();
    let found = |languages: &[Language]| {
        let settings = KnowledgeSettings { languages: languages.to_vec(), ..settings() };
        let knowledge = KnowledgeBase::open(folder.path(), Language::Portuguese, &settings).unwrap();
        ingest(&knowledge, &DOCUMENTS);
        knowledge.search_blocking("return unopened candles", 3).unwrap().len()
    };
    assert_eq!([found(&[]), found(&[Language::English]), found(&[Language::Portuguese])], [1, 1, 0]);
}
