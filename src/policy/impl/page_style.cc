#include "policy/impl/page_style.h"

namespace ostiary::policy {

namespace {

constexpr std::string_view kStyle = R"css(
:root{color-scheme:light dark;--paper:#fff;--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--raised:#f6f8fa;--link:#0b57b0;
--yes:#e3f3e6;--yes-line:#2a7d3b;--masked:#e0f0f7;--masked-line:#1c6e8c;--ask:#fdf0d0;--ask-line:#946200;--no:#fbe4e4;--no-line:#b3261e}
@media (prefers-color-scheme:dark){:root{--paper:#14171b;--ink:#e6e9ed;--soft:#a5afba;--line:#3a424c;--raised:#1d2228;--link:#8ab8ff;
--yes:#15301c;--yes-line:#5fbf77;--masked:#10303d;--masked-line:#62b8d6;--ask:#392c0c;--ask-line:#e0b04c;--no:#3d1c1b;--no-line:#f08a80}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:1.0625rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;overflow-wrap:break-word}
a{color:var(--link);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.skip{position:absolute;left:-100vw;background:var(--paper);padding:.6rem 1rem;z-index:2}
.skip:focus{left:.5rem;top:.5rem}
.aside{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
header,main,footer{max-width:78rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2.5rem}
h1{font-size:clamp(1.8rem,1.3rem + 2.4vw,2.75rem);line-height:1.15;letter-spacing:-.015em;margin:.4rem 0 1rem;text-wrap:balance}
h2{font-size:1.5rem;line-height:1.25;margin:2.6rem 0 .8rem;padding-top:1.2rem;border-top:1px solid var(--line);text-wrap:balance}
h3{font-size:1.2rem;line-height:1.3;margin:2rem 0 .6rem}
h4,h5,h6{font-size:1.05rem;margin:1.6rem 0 .5rem}
h2 a.here,h3 a.here,h4 a.here,h5 a.here,h6 a.here{color:var(--soft);text-decoration:none;margin-left:.35em;font-weight:400}
p,ul,ol,dl,blockquote,pre{margin:0 0 1rem}
ul,ol{padding-left:1.5rem}
li>p{margin-bottom:.4rem}
blockquote{border-left:4px solid var(--line);padding-left:1rem;color:var(--soft)}
code,pre{font:.9em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
code{background:var(--raised);border-radius:.25rem;padding:.1em .3em}
pre{background:var(--raised);border:1px solid var(--line);border-radius:.5rem;padding:.9rem 1rem;white-space:pre-wrap;overflow-wrap:anywhere}
pre code{background:none;padding:0;font-size:1em}
hr{border:0;border-top:1px solid var(--line);margin:2rem 0}
.state{display:inline-block;font-weight:600;font-size:.9rem;border:1px solid;border-radius:99rem;padding:.15rem .8rem}
.state.draft{background:var(--ask);border-color:var(--ask-line)}
.state.in-force{background:var(--yes);border-color:var(--yes-line)}
.draft-note{background:var(--ask);border-left:5px solid var(--ask-line);border-radius:.4rem;padding:.8rem 1rem;max-width:48rem}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.5rem,1fr));gap:.9rem 1.25rem;margin:1.4rem 0}
.facts dt{font-size:.85rem;color:var(--soft)}
.facts dd{margin:0;overflow-wrap:anywhere;font-weight:600}
.facts .wide{grid-column:1/-1}
.facts .wide dd{font-weight:400}
main>*{max-width:100%}
article{margin-top:2.6rem}
main>article,main>section,.text{min-width:0}
article p,article ul,article ol,article dl,.may>p,.may>ul,.log>*{max-width:46rem}
nav{background:var(--raised);border:1px solid var(--line);border-radius:.6rem;padding:1rem 1.25rem;margin:2rem 0}
nav h2{font-size:1rem;margin:0 0 .5rem;padding:0;border:0}
nav ul{list-style:none;padding:0;margin:0}
nav ul ul{padding-left:1rem}
nav a{display:block;padding:.22rem 0;text-decoration:none;line-height:1.35;font-size:.95rem}
nav a:hover{text-decoration:underline}
.scroll{overflow-x:auto;margin:0 0 1.2rem;border:1px solid var(--line);border-radius:.5rem}
table{border-collapse:collapse;width:100%;font-size:.95rem;line-height:1.4}
caption{text-align:left;padding:.6rem .8rem;color:var(--soft);font-size:.875rem}
th,td{text-align:left;vertical-align:top;padding:.5rem .7rem;border-top:1px solid var(--line)}
thead th{background:var(--raised);vertical-align:bottom}
.may table{min-width:46rem}
.may th[scope=row]{position:sticky;left:0;background:var(--paper);border-right:1px solid var(--line);min-width:7.5rem;max-width:12rem}
.may thead td{background:var(--raised);position:sticky;left:0;border-right:1px solid var(--line)}
.may td.allow,.may td.redact,.may td.reroute,.may td.ask,.may td.deny{font-weight:600}
.may td a{color:inherit}
td.allow,.sign.allow{background:var(--yes)}
td.redact,td.reroute,.sign.redact,.sign.reroute{background:var(--masked)}
td.ask,.sign.ask{background:var(--ask)}
td.deny,.sign.deny{background:var(--no)}
.rule{border:1px solid var(--line);border-left-width:5px;border-radius:.5rem;padding:.8rem 1rem .2rem;margin:0 0 .8rem;max-width:48rem;background:var(--paper)}
.rule p{margin-bottom:.6rem}
.rule.allow{border-left-color:var(--yes-line)}
.rule.redact,.rule.reroute{border-left-color:var(--masked-line)}
.rule.ask{border-left-color:var(--ask-line)}
.rule.deny{border-left-color:var(--no-line)}
.head{display:flex;flex-wrap:wrap;gap:.3rem .6rem;align-items:center}
.sign{font-weight:600;border-radius:.3rem;padding:.05rem .5rem;font-size:.9rem}
.sign.other{border:1px dashed var(--soft);font-weight:400}
.why{color:var(--soft)}
details{margin:0 0 1.2rem;max-width:100%}
summary{cursor:pointer;color:var(--soft);padding:.3rem 0;font-size:.95rem}
details[open]>summary{margin-bottom:.5rem}
.wide table{min-width:36rem}
.given{overflow-wrap:anywhere}
footer{border-top:1px solid var(--line);margin-top:3rem;padding-top:1.2rem;padding-bottom:3rem;color:var(--soft);font-size:.9rem}
@media (min-width:68rem){main{display:grid;grid-template-columns:15.5rem minmax(0,1fr);column-gap:3rem;align-items:start}
main>*{grid-column:2}
main>nav{grid-column:1;grid-row:1/span 20;position:sticky;top:1rem;max-height:calc(100vh - 2rem);overflow-y:auto;margin-top:2.6rem}
.may>h2{border-top:0}}
@media print{:root{--paper:#fff;--ink:#000;--soft:#333;--line:#999;--raised:#f4f4f4;--link:#000;
--yes:#fff;--yes-line:#000;--masked:#fff;--masked-line:#000;--ask:#fff;--ask-line:#000;--no:#fff;--no-line:#000;color-scheme:light}
@page{margin:18mm 16mm}
body{font-size:10.5pt}
header,main,footer{max-width:none;padding:0}
main{display:block}
.skip,a.here,main>nav{display:none}
h1,h2,h3,h4{break-after:avoid}
.rule,tr,li,.draft-note{break-inside:avoid}
.scroll{overflow:visible;border:0}
.may table{min-width:0;table-layout:fixed;font-size:7.5pt}
.may th,.may td{overflow-wrap:anywhere}
.wide table{min-width:0}
.may th,.may td{padding:.25rem .35rem;position:static;min-width:0}
article a[href^="http"]::after{content:" (" attr(href) ")";font-size:.85em}
details.source{display:none}
details::details-content{content-visibility:visible;block-size:auto}}
)css";

}  // namespace

std::string_view page_style() {
  return kStyle;
}

}  // namespace ostiary::policy
