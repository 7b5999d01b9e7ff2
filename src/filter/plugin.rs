use super::abi::{self, Action};
use std::cell::RefCell;
thread_local!(static WAITING: RefCell<Vec<(u32,u32)>> = RefCell::default());
fn pairs(list: &[(&str,&str)]) -> Vec<u8> { let mut v=(list.len() as u32).to_le_bytes().to_vec(); for (k,x) in list { v.extend((k.len() as u32).to_le_bytes()); v.extend((x.len() as u32).to_le_bytes()); } for (k,x) in list { v.extend(k.as_bytes()); v.push(0); v.extend(x.as_bytes()); v.push(0);} v }
pub(crate) fn on_configure(_r:u32,_s:usize)->bool{ let c=abi::buffer(abi::Buffer::PluginConfiguration,1<<20); abi::log(log::Level::Warn,&format!("config {c:?} {:?}", abi::now())); true}
pub(crate) fn on_context_create(_c:u32,_p:u32){}
pub(crate) fn on_request_headers(c:u32)->Action{ let t=abi::http_call("api",&pairs(&[(":method","GET"),(":path","/x"),(":authority","api")]),b"",500); abi::log(log::Level::Warn,&format!("{c} dispatched {t:?} src {:?}",abi::property(b"source\0address").map(String::from_utf8))); match t { Ok(t)=>{WAITING.with_borrow_mut(|w|w.push((t,c))); Action::Pause}, Err(_)=>Action::Continue} }
pub(crate) fn on_request_rest(_c:u32)->Action{Action::Pause}
pub(crate) fn on_http_call_response(r:u32,t:u32,h:usize,b:usize){ abi::log(log::Level::Warn,&format!("root {r} answer {t} {h} {b}")); let c=WAITING.with_borrow_mut(|w|{let i=w.iter().position(|x|x.0==t)?; Some(w.remove(i).1)}); if let Some(c)=c { let e=abi::set_effective_context(c); let res=abi::resume_request(); abi::log(log::Level::Warn,&format!("resume {c}: {e:?} {res:?}")); } }
pub(crate) fn on_tick(_r:u32){}
pub(crate) fn on_delete(c:u32){abi::log(log::Level::Warn,&format!("delete {c}"));}
