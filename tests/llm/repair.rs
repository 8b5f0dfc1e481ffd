//! What weak models really write, and that no text at all upsets the repair.

use super::tools;
use balcao::llm::repair::{DeltaFilter, Ending, repair_call, repair_text};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::time::{Duration, Instant};

/// Text for the customer and calls out of a whole answer.
fn repaired(text: &str) -> (String, Vec<(String, Value)>) {
    let repaired = repair_text(text, &tools(), Ending::Whole);
    (repaired.text, repaired.calls.into_iter().map(|call| (call.name, call.arguments)).collect())
}

/// What a customer sees while `text` is streamed in pieces of `size` characters, and the repaired text.
fn streamed(text: &str, size: usize) -> (String, String) {
    let tools = tools();
    let shown = RefCell::new(String::new());
    let sink = |words: &str| shown.borrow_mut().push_str(words);
    let mut filter = DeltaFilter::new(&tools);
    let characters: Vec<char> = text.chars().collect();
    for piece in characters.chunks(size) {
        filter.push(&piece.iter().collect::<String>(), &sink);
    }
    let whole = repair_text(text, &tools, Ending::Whole).text.trim().to_owned();
    filter.finish(&whole, &sink);
    (shown.into_inner(), whole)
}

const STATUS: &str = r#"{"name": "order_status", "arguments": {"order_number": "1042"}}"#;

/// Answers as they came from small models, each with the words that are left for the customer.
fn one_call() -> Vec<(String, &'static str)> {
    vec![
        (format!("```json\n{STATUS}\n```"), ""),
        (format!("```\n{STATUS}\n```\n"), ""),
        (format!("```tool_call\n{STATUS}\n```"), ""),
        (format!("``` json\n{STATUS}"), ""),
        (format!("<tool_call>\n{STATUS}\n</tool_call>"), ""),
        (format!("<tool_call>{STATUS}"), ""),
        (format!("<tools>\n{STATUS}\n</tools>"), ""),
        (format!("<tools>{STATUS}</tools><|im_end|>"), ""),
        (format!("<TOOL_CALL>```json\n{STATUS}\n```</TOOL_CALL>"), ""),
        (r#"<tools>{{"name": "order_status", "arguments": {{"order_number": "1042"}}}}</tools>"#.into(), ""),
        (r#"{{"name": "order_status", "arguments": {"order_number": "1042"}}}"#.into(), ""),
        (r#"<function=order_status>{"order_number": "1042"}</function>"#.into(), ""),
        (r#"<function=order_status>{"order_number": "1042"}"#.into(), ""),
        ("<tool_call>\n<function=order_status>\n<parameter=order_number>\n1042\n</parameter>\n</function>\n</tool_call>".into(), ""),
        (r#"<invoke name="order_status"><parameter name="order_number">1042</parameter></invoke>"#.into(), ""),
        (format!("[TOOL_CALLS] [{STATUS}]"), ""),
        (r#"[TOOL_CALLS]order_status[ARGS]{"order_number": "1042"}"#.into(), ""),
        (format!("<|python_tag|>{}", STATUS.replace("arguments", "parameters")), ""),
        (format!("Vou verificar o status do seu pedido.\n\n{STATUS}"), "Vou verificar o status do seu pedido."),
        (format!("Claro! {STATUS} Aguarde um momento."), "Claro! Aguarde um momento."),
        (format!("Um momento.\n\n```json\n{STATUS}\n```\n\nJá volto."), "Um momento.\n\nJá volto."),
        (format!("[{STATUS},]"), ""),
        (format!("{STATUS}."), ""),
        (r#"{"name": "order_status", "arguments": {"order_number": "1042"}"#.into(), ""),
        (r#"{"name": "order_status", "arguments": {"order_number": "1042",},}"#.into(), ""),
        ("{'name': 'order_status', 'arguments': {'order_number': '1042', 'email': None}}".into(), ""),
        (r#"{"name": "order_status", "arguments": "{\"order_number\": \"1042\"}"}"#.into(), ""),
        (r#"{"name": "functions.order_status", "parameters": {"orderNumber": 1042, "made_up": true}}"#.into(), ""),
        (r#"{"tool": "Order-Status", "args": {"order_number": ["1042"]}}"#.into(), ""),
        (r#"{"name": "order_statu", "input": {"order_number": 1042}}"#.into(), ""),
        (r#"{"type": "function", "function": {"name": "order_status", "arguments": {"order_number": "1042"}}}"#.into(), ""),
        (r#"{"order_status": {"order_number": "1042"}}"#.into(), ""),
        ("order_status(order_number=\"1042\")".into(), ""),
        ("```python\norder_status(order_number='1042')\n```".into(), ""),
        (format!("<think>\nThe customer wants {{\"name\": \"handoff\"}}.\n</think>\n\n{STATUS}"), ""),
        (format!("I should look it up.</think>{STATUS}"), ""),
        (format!("{STATUS}\n{STATUS}"), ""),
    ]
}

#[test]
fn what_weak_models_write_becomes_a_call() {
    for (text, words) in one_call() {
        let (left, calls) = repaired(&text);
        assert_eq!(calls, [("order_status".to_owned(), json!({"order_number": "1042"}))], "{text}");
        assert_eq!(left, words, "{text}");
    }
}

#[test]
fn calls_are_never_shown_while_they_are_written() {
    for (text, words) in one_call() {
        // Here the beginning of the reasoning cannot be known; it is the only loss.
        if text.starts_with("I should") {
            continue;
        }
        for size in [1, 2, 3, 7, 1000] {
            assert_eq!(streamed(&text, size).0, words, "{text} in pieces of {size}");
        }
    }
}

#[test]
fn several_calls_are_several_calls() {
    let slots =
        r#"{"name": "agenda_list_slots", "arguments": {"limit": "2", "period": "Manhã", "day": null}}"#;
    let expected = [
        ("order_status".to_owned(), json!({"order_number": "1042"})),
        ("agenda_list_slots".to_owned(), json!({"limit": 2, "period": "manha"})),
    ];
    for text in [
        format!("{STATUS}\n{slots}"),
        format!("[{STATUS}, {slots}]"),
        format!("```json\n[{STATUS}, {slots}]\n```"),
        format!("```json\n{STATUS}\n```\n\n```json\n{slots}\n```"),
        format!("<tool_call>{STATUS}</tool_call>\n<tool_call>{slots}</tool_call>"),
        format!("<tools>{STATUS},{slots}</tools>"),
        format!("{{\"tool_calls\": [{STATUS}, {slots}]}}"),
    ] {
        assert_eq!(repaired(&text), (String::new(), expected.to_vec()), "{text}");
    }
}

#[test]
fn a_call_that_cannot_be_read_is_neither_made_nor_shown() {
    for text in [
        r#"<tool_call>{"name": "order_status", "arguments": {"order_number": "10"#,
        "```json\n{\"name\": \"order_status\", \"arguments\": {\"order_number\" 1042}}\n```",
        r#"{"name": "order_status", "arguments": {"order_number": "10"#,
    ] {
        assert_eq!(repaired(text), (String::new(), Vec::new()), "{text}");
        assert_eq!(streamed(text, 3).0, "", "{text}");
    }
    let recited = r#"<tools>[{"type": "function", "function": {"name": "order_status", "description": "x", "parameters": {"type": "object", "properties": {}}}}]</tools> Como posso ajudar?"#;
    assert_eq!(repaired(recited), ("Como posso ajudar?".into(), Vec::new()));
}

#[test]
fn an_unknown_tool_is_a_call_all_the_same() {
    let (text, calls) =
        repaired(r#"<tool_call>{"name": "fly_to_the_moon", "arguments": {"x": 1}}</tool_call>"#);
    assert_eq!((text.as_str(), calls), ("", vec![("fly_to_the_moon".to_owned(), json!({"x": 1}))]));
}

#[test]
fn words_pass_unchanged() {
    for text in [
        "",
        "Olá! Tudo bem?",
        "  Espaço no começo e no fim \n",
        "Temos **três** opções:\n\n1. Azul (R$ 10,00)\n2. [Verde](https://loja.example/verde)\n- [ ] pendente",
        "2 < 3 e 5 > 4; <b>negrito</b>; a < b",
        "Use o cupom `BEMVINDO10` no carrinho.",
        "O código é:\n```\nABC-123\n```\nBoa compra!",
        "{nome}, seu pedido chegou.",
        "Veja: {\"total\": 10}",
        "handoff é o nome que damos à transferência",
        "Order status: enviado.",
        "[1] Manual, página 3",
        "😀 ```",
    ] {
        assert_eq!(repaired(text), (text.to_owned(), Vec::new()));
        for size in [1, 4, 1000] {
            assert_eq!(streamed(text, size).0, text.trim(), "{text}");
        }
    }
}

#[test]
fn safe_words_are_not_held_back() {
    let tools = tools();
    let shown = RefCell::new(String::new());
    let mut filter = DeltaFilter::new(&tools);
    for (words, so_far) in [
        ("Bom", "Bom"),
        (" dia", "Bom dia"),
        (". ", "Bom dia."),
        ("a < b", "Bom dia. a < b"),
        (" <to", "Bom dia. a < b"),
        ("do>", "Bom dia. a < b <todo>"),
        ("\norder", "Bom dia. a < b <todo>"),
        (" certo", "Bom dia. a < b <todo>\norder certo"),
        ("\n```js", "Bom dia. a < b <todo>\norder certo"),
        ("on", "Bom dia. a < b <todo>\norder certo"),
    ] {
        filter.push(words, &|words| shown.borrow_mut().push_str(words));
        assert_eq!(*shown.borrow(), so_far);
    }
}

#[test]
fn delivered_calls_are_mended_too() {
    for (name, arguments, expected) in [
        ("order_status", r#"{"order_number": "1"}"#, json!({"order_number": "1"})),
        ("orderStatus", r#"{"order_number": 1}"#, json!({"order_number": "1"})),
        ("order_status", "{'order_number': '1'", json!({"order_number": "1"})),
        ("order_status", r#""{\"order_number\": \"1\"}""#, json!({"order_number": "1"})),
        ("order_status", "", json!({})),
        ("order_status", "null", json!({})),
        ("order_status", "what?", json!("what?")),
    ] {
        let call = repair_call(name.to_owned(), arguments, &tools(), &mut Vec::new());
        assert_eq!((call.name.as_str(), call.arguments), ("order_status", expected), "{arguments}");
    }
}

/// Texts made of the pieces that matter.
fn tool_soup() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "```",
        "```json\n",
        "<tool_call>",
        "</tool_call>",
        "<tools>",
        "<think>",
        "</think>",
        "<function=",
        "order_status",
        "<parameter=a>",
        "[TOOL_CALLS]",
        "{",
        "}",
        "{{",
        "}}",
        "[",
        "]",
        "(",
        ")",
        "\"name\"",
        "\"arguments\"",
        ":",
        ",",
        "=",
        "\"",
        "'",
        "\\",
        "\\u12",
        "\n",
        "\n\n",
        " ",
        "1042",
        "null",
        "True",
        "é",
        "😀",
        "texto",
        STATUS,
    ]);
    prop::collection::vec(pieces, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_text_upsets_it(text in any::<String>(), size in 1_usize..9) {
        repaired(&text);
        streamed(&text, size);
        repair_call(text.clone(), &text, &tools(), &mut Vec::new());
    }

    #[test]
    fn no_soup_of_tool_syntax_upsets_it(text in tool_soup(), size in 1_usize..9) {
        repaired(&text);
        let (shown, whole) = streamed(&text, size);
        // Either everything was shown, or a beginning that the committed message replaces.
        prop_assert!(shown == whole || !whole.starts_with(&shown) || text.contains("</think>"), "{shown:?} {whole:?}");
    }

    #[test]
    fn plain_words_pass(text in "[a-zA-ZáéíóúãõçÁÉ0-9 .,;:!?()*_\n-]{0,200}") {
        prop_assert_eq!(repair_text(&text, &[], Ending::Whole).text, text.clone());
        let shown = RefCell::new(String::new());
        let mut filter = DeltaFilter::new(&[]);
        text.chars().for_each(|c| filter.push(c.encode_utf8(&mut [0; 4]), &|words| shown.borrow_mut().push_str(words)));
        filter.finish(text.trim(), &|words| shown.borrow_mut().push_str(words));
        prop_assert_eq!(shown.into_inner(), text.trim());
    }
}

/// A megabyte of whatever is worst is done in the time that a squared one would take for a few kilobytes.
#[test]
fn a_megabyte_takes_linear_time() {
    for unit in [
        "{",
        "[",
        "{\"",
        "{\"name\":",
        "{\"name\": \"order_status\", ",
        "```",
        "```json\n{",
        "<tool_call>",
        "<tool_call>{\"name\"",
        "<function=a ",
        "<function=a<parameter=b",
        "<function=a><parameter=b>",
        "<think>",
        "</think>",
        "</",
        "order_status(",
        "\n[ ",
        "{'",
        "{a:'x' ",
        "[TOOL_CALLS]",
        " ",
        "\n",
        "a",
        "\n_",
        "{{}}",
        "\"\\",
        "{\"name\": \"a\", \"arguments\": {}}\n",
        STATUS,
    ] {
        let text = unit.repeat(1_000_000 / unit.len());
        let begun = Instant::now();
        repaired(&text);
        let tools = tools();
        let mut filter = DeltaFilter::new(&tools);
        text.as_bytes()
            .chunks(64)
            .for_each(|piece| filter.push(std::str::from_utf8(piece).unwrap(), &|_| {}));

        assert!(begun.elapsed() < Duration::from_secs(20), "{unit:?} took {:?}", begun.elapsed());
    }
}
