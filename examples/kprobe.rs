use balcao::config::knowledge::KnowledgeSettings;
use balcao::domain::language::Language;
use balcao::knowledge::{command, search::KnowledgeBase, source};
use std::{
    path::{Path, PathBuf},
    time::Instant,
};
fn rss() -> String {
    std::fs::read_to_string("/proc/self/status")
        .unwrap()
        .lines()
        .filter(|l| l.starts_with("VmRSS") || l.starts_with("RssAnon") || l.starts_with("RssFile"))
        .collect::<Vec<_>>()
        .join(" ")
}
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let settings = KnowledgeSettings {
        url: "edge".into(),
        folder: "knowledge".into(),
        passages: 4,
        evidence_threshold: 0.55,
    };
    let r0 = rss();
    let t = Instant::now();
    let k = KnowledgeBase::open(Path::new(&a[2]), Language::Portuguese, &settings).unwrap();
    eprintln!("open {:?} before {r0} after {}", t.elapsed(), rss());
    match a[1].as_str() {
        "ingest" => {
            let t = Instant::now();
            let paths: Vec<PathBuf> = a[3..].iter().map(Into::into).collect();
            let r = command::run_ingest(&k, &paths, Path::new("x"), Vec::new()).unwrap();
            println!("{r}");
            eprintln!("ingest {:?} {}", t.elapsed(), rss());
            eprintln!(
                "docs {} passages {}",
                k.manifest().len(),
                k.manifest().values().map(|i| i.passages).sum::<usize>()
            );
        }
        "batch" => {
            let t = Instant::now();
            let f = std::io::BufReader::new(std::fs::File::open(&a[3]).unwrap());
            let mut out = std::io::BufWriter::new(std::fs::File::create(&a[4]).unwrap());
            command::search_batch(&k, f, &mut out).unwrap();
            eprintln!("batch {:?}", t.elapsed());
        }
        "search" => {
            for q in &a[3..] {
                let t = Instant::now();
                let ps = k.search_blocking(q, 4).unwrap();
                let e = t.elapsed();
                println!("== {q}  {e:?}");
                for p in ps.iter().take(4) {
                    println!(
                        "   {:.2} {:.2} {} | {} | {}",
                        p.score,
                        p.evidence,
                        p.source,
                        p.heading.as_deref().unwrap_or(""),
                        p.text.chars().take(70).collect::<String>().replace('\n', " ")
                    );
                }
            }
        }
        "evid" => {
            // per query: best relevant evidence, best evidence of non relevant among top 4
            for l in std::fs::read_to_string(&a[3]).unwrap().lines() {
                let q: serde_json::Value = serde_json::from_str(l).unwrap();
                let rel: Vec<&str> =
                    q["relevant"].as_array().unwrap().iter().map(|x| x.as_str().unwrap()).collect();
                let ps = k.search_blocking(q["query"].as_str().unwrap(), 10).unwrap();
                let top = ps.first().map(|p| rel.contains(&p.source.as_str())).unwrap_or(false);
                let pos =
                    ps.iter().find(|p| rel.contains(&p.source.as_str())).map(|p| p.evidence).unwrap_or(0.0);
                let neg =
                    ps.iter().find(|p| !rel.contains(&p.source.as_str())).map(|p| p.evidence).unwrap_or(0.0);
                println!("{top} {pos:.3} {neg:.3}");
            }
        }
        "parts" => {
            let g =
                std::fs::read_dir(&a[2]).unwrap().map(|e| e.unwrap().path()).find(|p| p.is_dir()).unwrap();
            let b = std::fs::read(g.join("lexicon.json")).unwrap();
            let t = Instant::now();
            let _l: balcao::knowledge::lexicon::Lexicon = serde_json::from_slice(&b).unwrap();
            println!("lexicon {:?}", t.elapsed());
            let t = Instant::now();
            let b = std::fs::read(g.join("manifest.json")).unwrap();
            let _m: balcao::knowledge::index::Manifest = serde_json::from_slice(&b).unwrap();
            println!("manifest {:?}", t.elapsed());
            let t = Instant::now();
            let _e = balcao::knowledge::edge::Encoder::new().unwrap();
            println!("encoder {:?}", t.elapsed());
        }
        "time" => {
            let qs: Vec<String> = std::fs::read_to_string(&a[3])
                .unwrap()
                .lines()
                .map(|l| {
                    serde_json::from_str::<serde_json::Value>(l).unwrap()["query"]
                        .as_str()
                        .unwrap()
                        .to_owned()
                })
                .collect();
            let mut ts = vec![];
            for q in &qs {
                let t = Instant::now();
                k.search_blocking(q, 4).unwrap();
                ts.push(t.elapsed());
            }
            ts.sort();
            println!(
                "p50 {:?} p95 {:?} max {:?} {}",
                ts[ts.len() / 2],
                ts[ts.len() * 95 / 100],
                ts[ts.len() - 1],
                rss()
            );
        }
        _ => {}
    }
}
