//! Bind, connect, and their opposites.
//!
//! Thread: under the socket's lock. Invariants: an entry lives until it is unbound, disconnected,
//! or its session's pipe is gone for good. Counterpart: `socket_base.cpp` of libzmq 4.3.5
//! (`bind_internal`, `connect_internal`, `term_endpoint`); `zmq_bind(3)`, `zmq_connect(3)`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::connection::{
    self, Event, Immediate, ListenerHandle, OwnMessages, Owner, SessionConfig, Target, events,
};
use crate::ctx::{Connected, Ctx, Party, Waiting};
use crate::error::{Errno, Result};
use crate::msg::PeerInfo;
use crate::pipe::{self, End, LatePort, Marks, Outgoing, PipeId, PortSignal, Rx, Thresholds, Tx};
use crate::protocol::heartbeat::HeartbeatConfig;
use crate::protocol::{Config as HandshakeConfig, SocketType};
use crate::transport::{
    Endpoint, IpcAddress, ListenError, Listener, TcpAddress, TransportOptions, address, resolve,
};

use super::endpoint_list::{Endpoints, What};
use super::shared::Shared;
use super::state::State;

const NOTIFY_CONNECT: i32 = 1;
const NOTIFY_DISCONNECT: i32 = 2;

pub(super) fn close_all(endpoints: &mut Endpoints, ctx: &Ctx, shared: &Arc<Shared>, linger: i32) {
    for what in endpoints.take_all() {
        match what {
            What::Listener(listener) => close_listener(&listener, shared),
            What::Session(link) => link.close(linger),
            What::InprocName(_) | What::InprocPipe(_) => {}
        }
    }
    let party: Arc<dyn Connected> = Arc::clone(shared) as Arc<dyn Connected>;
    ctx.inproc.lock().unwrap_or_else(std::sync::PoisonError::into_inner).unbind_all(&party);
}

fn close_listener(listener: &ListenerHandle, shared: &Shared) {
    if let Some(fd) = listener.close() {
        shared.event(Event {
            kind: events::CLOSED,
            value: fd as u64,
            local: listener.endpoint().to_owned(),
            remote: String::new(),
            bound: true,
        });
    }
}

impl State {
    /// `zmq_bind`.
    pub(super) fn bind(&mut self, endpoint: &str) -> Result<()> {
        let (protocol, address) = address::split_known(endpoint)?;
        if protocol == "inproc" {
            return self.bind_inproc(endpoint, address);
        }
        let remote = self.ctx.choose_io_thread(self.options.affinity)?;
        let listener = Endpoint::to_bind(endpoint)
            .map_err(ListenError::from)
            .and_then(|parsed| Listener::bind(&parsed, &self.transport_options()))
            .map_err(|error| self.report_bind_failed(endpoint, address, &error))?;
        self.last_endpoint = listener.endpoint().to_owned();
        let ctx = Arc::downgrade(&self.ctx);
        let affinity = self.options.affinity;
        let choose = Box::new(move || ctx.upgrade()?.choose_io_thread(affinity).ok());
        let handle = connection::listen(
            listener,
            Arc::new(self.session_config()),
            Arc::clone(&self.shared) as Arc<dyn Owner>,
            &remote,
            choose,
            Arc::new(self.ctx.keep_alive()),
        );
        self.endpoints.add(&self.last_endpoint, What::Listener(handle));
        Ok(())
    }

    /// Tells the monitor as libzmq does: of a descriptor that is closed again by the whole endpoint
    /// (of ipc) or none, of the failure by the address alone.
    fn report_bind_failed(&self, endpoint: &str, address: &str, error: &ListenError) -> Errno {
        let event = |kind, value, local: &str| Event {
            kind,
            value,
            local: local.to_owned(),
            remote: String::new(),
            bound: true,
        };
        if let Some(fd) = error.closed {
            let local = if endpoint.starts_with("ipc://") { endpoint } else { "" };
            self.shared.event(event(events::CLOSED, fd as u64, local));
        }
        let errno = error.errno;
        self.shared.event(event(events::BIND_FAILED, errno.raw() as u64, address));
        errno
    }

    /// `zmq_connect`: the pipe, if it is there already.
    pub(super) fn connect(&mut self, endpoint: &str) -> Result<Option<PipeId>> {
        let (protocol, address) = address::split_known(endpoint)?;
        if protocol == "inproc" {
            return self.connect_inproc(endpoint, address).map(Some);
        }
        let one_connection = matches!(
            self.kind,
            SocketType::Dealer | SocketType::Sub | SocketType::Pub | SocketType::Req
        );
        if one_connection && self.endpoints.contains(endpoint) {
            // A second connection to the same place would only double what is sent.
            return Ok(None);
        }
        let remote = self.ctx.choose_io_thread(self.options.affinity)?;
        let target = match Endpoint::to_connect(endpoint)? {
            Endpoint::Tcp(address) => Target::Tcp(address),
            // Nobody chose it: a file of that name.
            Endpoint::Ipc(IpcAddress::Wildcard) => {
                Target::Ipc(IpcAddress::Path(address.to_owned()))
            }
            Endpoint::Inproc(_) => return Err(Errno::EINVAL),
            Endpoint::Ipc(address) => Target::Ipc(address),
        };
        let owner = Arc::clone(&self.shared) as Arc<dyn Owner>;
        let (link, pipe) = connection::connect(
            target,
            endpoint.to_owned(),
            Arc::new(self.session_config()),
            &owner,
            &remote,
            Arc::new(self.ctx.keep_alive()),
        );
        self.last_endpoint = endpoint.to_owned();
        self.endpoints.add(endpoint, What::Session(link));
        Ok(pipe.map(|pipe| self.attach(pipe)))
    }

    /// `zmq_unbind` and `zmq_disconnect`. `ENOENT` if there is no such endpoint.
    pub(super) fn term_endpoint(&mut self, endpoint: &str) -> Result<()> {
        let (protocol, address) = address::split_known(endpoint)?;
        let mut entries = self.endpoints.take(endpoint);
        if entries.is_empty() && protocol == "tcp" {
            entries = self.take_by_alias(address);
        }
        if entries.is_empty() {
            return Err(Errno::ENOENT);
        }
        for what in entries {
            match what {
                What::Listener(listener) => {
                    close_listener(&listener, &self.shared);
                    self.end_accepted(&listener);
                }
                What::Session(link) => {
                    if let Some(pipe) = self.pipe_of_link(&link) {
                        self.pipes.terminate(pipe);
                        self.settle();
                    }
                    // Also where the pipe was gone already: the session must not come back.
                    link.close(self.options.ints.linger);
                }
                What::InprocPipe(pipe) => self.pipes.terminate(pipe),
                What::InprocName(name) => {
                    let party: Arc<dyn Connected> = Arc::clone(&self.shared) as _;
                    lock(&self.ctx).unbind(&name, &party)?;
                }
            }
        }
        self.settle();
        Ok(())
    }

    /// Takes what goes by another name of the same address.
    fn take_by_alias(&mut self, address: &str) -> Vec<What> {
        let Ok(TcpAddress { host, port, .. }) = TcpAddress::parse(address) else {
            return Vec::new();
        };
        let looked_up = resolve::look_up_now(&host, port, self.options.ints.ipv6 != 0).ok();
        let literal = resolve::numeric(&host, port, true).filter(|_| host.contains(':'));
        for address in looked_up.into_iter().chain(literal) {
            let other = match address {
                SocketAddr::V4(v4) if self.options.ints.ipv6 != 0 => {
                    SocketAddr::new(v4.ip().to_ipv6_mapped().into(), port)
                }
                SocketAddr::V4(_) => address,
                SocketAddr::V6(v6) => SocketAddr::new(v6.ip().to_canonical(), port),
            };
            for address in [address, other] {
                let taken = self.endpoints.take(&address::display_tcp(&address));
                if !taken.is_empty() {
                    return taken;
                }
            }
        }
        Vec::new()
    }

    /// The peers that a listener took in go with it.
    fn end_accepted(&mut self, listener: &ListenerHandle) {
        let ids: Vec<PipeId> = self.pipes.ids().collect();
        for id in ids {
            if self.link_of(id).is_some_and(|link| link.came_from(listener)) {
                self.pipes.terminate(id);
            }
        }
    }

    fn transport_options(&self) -> TransportOptions {
        let (options, ints) = (&self.options, &self.options.ints);
        TransportOptions {
            ipv6: ints.ipv6 != 0,
            backlog: ints.backlog,
            sndbuf: ints.sndbuf,
            rcvbuf: ints.rcvbuf,
            tos: ints.tos,
            priority: ints.priority,
            bind_to_device: options.bind_to_device.clone(),
            keepalive: ints.tcp_keepalive,
            keepalive_cnt: ints.tcp_keepalive_cnt,
            keepalive_idle: ints.tcp_keepalive_idle,
            keepalive_intvl: ints.tcp_keepalive_intvl,
            max_retransmission: ints.tcp_maxrt,
            busy_poll: ints.busy_poll,
            use_fd: ints.use_fd,
            accept_filters: options.accept_filters.clone(),
            ipc_pid_filters: options.ipc_pid_filters.clone(),
            ipc_uid_filters: options.ipc_uid_filters.clone(),
            ipc_gid_filters: options.ipc_gid_filters.clone(),
        }
    }

    fn session_config(&self) -> SessionConfig {
        let (options, ints) = (&self.options, &self.options.ints);
        let raw = self.kind == SocketType::Stream || self.raw;
        let millis = |value: i32| Duration::from_millis(value.max(0) as u64);
        let timeout =
            if ints.heartbeat_timeout < 0 { ints.heartbeat_ivl } else { ints.heartbeat_timeout };
        SessionConfig {
            handshake: (!raw).then(|| HandshakeConfig {
                socket_type: self.kind,
                routing_id: options.routing_id.clone(),
                metadata: options.metadata.clone(),
                mechanism: options.mechanism.clone(),
                zap_domain: options.zap_domain.clone(),
                zap_enforce_domain: ints.zap_enforce_domain != 0,
            }),
            socket_type: self.kind,
            own_messages: self.own_messages(raw),
            heartbeat: HeartbeatConfig {
                interval: millis(ints.heartbeat_ivl),
                timeout: millis(timeout),
                ttl: options.heartbeat_ttl,
            },
            transport: self.transport_options(),
            handshake_timeout: millis(ints.handshake_ivl),
            connect_timeout: millis(ints.connect_timeout),
            reconnect_ivl: ints.reconnect_ivl,
            reconnect_ivl_max: ints.reconnect_ivl_max,
            reconnect_stop: ints.reconnect_stop,
            max_msg_size: u64::try_from(options.max_msg_size.0).unwrap_or(u64::MAX),
            sndhwm: ints.sndhwm as u32,
            rcvhwm: ints.rcvhwm as u32,
            conflate: self.conflates(),
            immediate: if ints.immediate != 0 {
                Immediate::WhenReady
            } else {
                Immediate::AtConnect
            },
        }
    }

    /// Which types make which messages is a matter of `zmq_setsockopt(3)`.
    fn own_messages(&self, raw: bool) -> OwnMessages {
        use SocketType::{Client, Dealer, Peer, Router, Server};
        let (options, ints) = (&self.options, &self.options.ints);
        let if_for = |types: &[SocketType], message: &Vec<u8>| {
            let has = types.contains(&self.kind) && !message.is_empty();
            has.then(|| message.clone())
        };
        let tells = |bit: i32| {
            if raw { ints.stream_notify != 0 } else { ints.router_notify & bit != 0 }
        };
        OwnMessages {
            tells_connect: tells(NOTIFY_CONNECT),
            tells_disconnect: tells(NOTIFY_DISCONNECT),
            hello: if_for(&[Dealer, Router, Client, Server, Peer], &options.hello_msg),
            disconnect: if_for(&[Router, Server, Peer], &options.disconnect_msg),
            hiccup: if_for(&[Dealer, Client, Peer], &options.hiccup_msg),
        }
    }

    /// `ZMQ_CONFLATE` counts for the types that it is made for.
    fn conflates(&self) -> bool {
        self.options.ints.conflate != 0
            && matches!(
                self.kind,
                SocketType::Dealer
                    | SocketType::Pull
                    | SocketType::Push
                    | SocketType::Pub
                    | SocketType::Sub
            )
    }

    // inproc

    fn party(&self) -> Party {
        let OwnMessages { hello, disconnect, .. } = self.own_messages(false);
        Party {
            socket: Arc::clone(&self.shared) as Arc<dyn Connected>,
            sndhwm: self.options.ints.sndhwm as u32,
            rcvhwm: self.options.ints.rcvhwm as u32,
            routing_id: self.options.routing_id.clone(),
            hello,
            disconnect,
        }
    }

    fn bind_inproc(&mut self, endpoint: &str, name: &str) -> Result<()> {
        let party = self.party();
        let waiting = lock(&self.ctx).bind(name, party.clone())?;
        self.last_endpoint = endpoint.to_owned();
        self.endpoints.add(endpoint, What::InprocName(name.to_owned()));
        for waiting in waiting {
            (waiting.finish)(&party);
        }
        // The pipes of those who waited are there when this call returns.
        self.process_news();
        Ok(())
    }

    fn connect_inproc(&mut self, endpoint: &str, name: &str) -> Result<PipeId> {
        let own = self.party();
        let port = self.shared.inproc_port();
        let to_us: Arc<dyn pipe::Signal> = Arc::new(PortSignal(Arc::clone(&port)));
        let late = Arc::new(LatePort::default());
        let to_peer: Arc<dyn pipe::Signal> = Arc::clone(&late) as _;
        // Subscriptions are not conflated: each of them counts.
        let (tx, peer_rx) = if self.conflates() && self.kind != SocketType::Sub {
            let (tx, peer_rx) = pipe::latest(Arc::clone(&to_peer));
            (Tx::Latest(tx), Rx::Latest(peer_rx))
        } else {
            let marks = Marks { writer: Some(own.sndhwm), reader: None };
            let (mut tx, peer_rx) =
                pipe::queue(Arc::clone(&to_peer), Arc::clone(&to_us), marks, Thresholds::INPROC);
            tx.set_peer(inproc_peer(&own.routing_id));
            if let Some(hello) = &own.hello {
                tx.write(&mut Outgoing::slice(hello, false));
            }
            (Tx::Queue(tx), Rx::Queue(peer_rx))
        };
        let (peer_tx, rx) = if self.conflates() && self.kind != SocketType::Pub {
            let (peer_tx, rx) = pipe::latest(to_us);
            (Tx::Latest(peer_tx), Rx::Latest(rx))
        } else {
            let marks = Marks { writer: None, reader: Some(own.rcvhwm) };
            let (peer_tx, rx) = pipe::queue(to_us, to_peer, marks, Thresholds::INPROC);
            (Tx::Queue(peer_tx), Rx::Queue(rx))
        };
        let mut our_end = End::new(tx, rx, port);
        let farewell = our_end.farewell();
        let finish = move |peer: &Party| {
            if let Some(message) = &peer.disconnect {
                // Nobody else sets it.
                let _ = farewell.set(message.clone());
            }
            let port = peer.socket.inproc_port();
            let (mut tx, rx) = (peer_tx, peer_rx);
            match &mut tx {
                Tx::Queue(tx) => {
                    tx.join(peer.sndhwm);
                    tx.set_peer(inproc_peer(&peer.routing_id));
                    if let Some(hello) = &peer.hello {
                        tx.write(&mut Outgoing::slice(hello, false));
                    }
                }
                Tx::Latest(tx) => tx.set_peer(inproc_peer(&peer.routing_id)),
            }
            if let Rx::Queue(rx) = &rx {
                rx.join(peer.rcvhwm);
            }
            late.set(PortSignal(Arc::clone(&port)));
            peer.socket.attach_inproc(End::new(tx, rx, port));
        };
        let found = {
            let mut inproc = lock(&self.ctx);
            let found = inproc.find(name);
            if found.is_none() {
                inproc.wait_for(name, Waiting { finish: Box::new(finish) });
                None
            } else {
                found.map(|peer| (peer, finish))
            }
        };
        if let Some((peer, finish)) = found {
            finish(&peer);
        }
        self.last_endpoint = endpoint.to_owned();
        let pipe = self.attach_end(our_end, None, false, true);
        self.endpoints.add(endpoint, What::InprocPipe(pipe));
        Ok(pipe)
    }
}

fn inproc_peer(routing_id: &[u8]) -> Arc<PeerInfo> {
    Arc::new(PeerInfo { routing_id: routing_id.into(), fd: -1, properties: Vec::new() })
}

fn lock(ctx: &Ctx) -> std::sync::MutexGuard<'_, crate::ctx::Inproc> {
    ctx.inproc.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
