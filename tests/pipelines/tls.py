"""SIP over TLS with programs of others: openssl, socat with sipp, kamailio; and docs/security.md as it stands there.

tls.py walk-through|client|reload|proxy. Commands of the page are changed in their ports only, to be free.
SPDX-License-Identifier: LGPL-2.1-or-later
"""
import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sipp"))
import recorder  # noqa: E402  (it lives with the client that calls)

PAGE = os.path.join(recorder.TOP, "docs", "security.md")
TONES = (440, 880)
SECONDS = 2
IDENTITY = "sip:sbc.example.com"
EVENTS = ("s.metadata ! queue ! filesink location=events.ndjson buffer-mode=unbuffered async=false")


def commands():
    with open(PAGE, encoding="utf-8") as page:
        section = page.read().split("## TLS, step by step")[1].split("\n## ")[0]
    found = re.findall(r"^```sh\n(.*?)^```", section, re.M | re.S)
    assert len(found) == 8, found
    return found


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def await_port(port):
    """Until somebody listens there; a connection would be a call's."""
    for _ in range(1000):
        with open("/proc/net/tcp", encoding="ascii") as table:
            if any(":%04X 00000000:0000 0A" % port in line for line in table):
                return
        time.sleep(0.02)
    raise AssertionError("nobody listens on %d" % port)


def run(command, folder, **more):
    print(command, flush=True)
    return subprocess.run(command, shell=True, cwd=folder, env=recorder.environment(), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=120, **more)


def make_certificates(folder):
    for command in commands()[:3]:
        done = run("set -e\n" + command, folder)
        assert done.returncode == 0, done.stdout


def sign(folder, name, alternatives, days=(0, 1), authority="ca"):
    """A certificate as the page makes them, for other names or times, which `openssl ca` alone can choose."""
    with open(os.path.join(folder, "ca.cnf"), "w", encoding="ascii") as config:
        config.write("[ca]\ndefault_ca=d\n[d]\ndatabase=index\nnew_certs_dir=.\nrand_serial=yes\n"
                     "default_md=sha256\npolicy=p\nunique_subject=no\ncopy_extensions=copy\n[p]\n"
                     "commonName=supplied\n")
    open(os.path.join(folder, "index"), "a", encoding="ascii").close()
    start, end = (time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 86400 * d)) for d in days)
    done = run("set -e\n"
               "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={0} "
               "-addext subjectAltName={1} -keyout {0}.key -out {0}.csr\n"
               "openssl ca -batch -notext -config ca.cnf -cert {4}.pem -keyfile {4}.key -startdate {2} -enddate {3} "
               "-in {0}.csr -out {0}.crt\ncat {0}.key {0}.crt > {0}.pem.new; mv {0}.pem.new {0}.pem".format(
                   name, alternatives, start, end, authority), folder)
    assert done.returncode == 0, done.stdout


class Recorder(recorder.Recorder):
    """A siprecsrc with TLS, whose standard settings can be changed."""

    def __init__(self, folder, settings="", certificate="recorder.pem", uri="sips:127.0.0.1:0"):
        super().__init__("exec gst-launch-1.0 -ev siprecsrc name=s local-uri=%s tls-certificate=%s "
                         "%s %s" % (uri, certificate, settings, EVENTS), cwd=folder)
        self.folder = folder

    def port(self):
        self.wait_ready()
        return int(self.address.rsplit(":", 1)[1])

    def await_output(self, words):
        for _ in range(1000):
            if words in "".join(self.output):
                return
            time.sleep(0.02)
        raise AssertionError("no \"%s\" in:\n%s" % (words, "".join(self.output)))

    def s_client(self, options=""):
        """What openssl says of a connection on which it asks for OPTIONS, and waits for the answer."""
        question = ("OPTIONS sip:r@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:5061;branch=z9hG4bK1\r\n"
                    "From: <sip:a@b>;tag=1\r\nTo: <sip:r@b>\r\nCall-ID: %d\r\nCSeq: 1 OPTIONS\r\n"
                    "Content-Length: 0\r\n\r\n" % time.monotonic_ns())
        command = ["openssl", "s_client", "-connect", "127.0.0.1:%d" % self.port(), "-CAfile", "ca.pem",
                   "-quiet" if "-showcerts" not in options else "-ign_eof", *options.split()]
        with subprocess.Popen(command, cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) as client_process:
            lines = []
            try:
                client_process.stdin.write(question.encode())
                client_process.stdin.flush()
            except BrokenPipeError:
                pass
            for line in client_process.stdout:
                lines.append(line.decode())
                if line.startswith(b"Content-Length:"):
                    break
            client_process.kill()
            # For its end, what wasn't sent makes no exception.
            with contextlib.suppress(BrokenPipeError):
                client_process.stdin.close()
        return "".join(lines)


def is_answered(text):
    return "SIP/2.0 200 " in text


def walk_through(folder):
    ports = {"5061": str(free_port()), "5070": str(free_port())}

    def fit(command):
        for written, free in ports.items():
            command = command.replace("127.0.0.1:" + written, "127.0.0.1:" + free)
            command = command.replace("LISTEN:" + written, "LISTEN:" + free)
        return command

    make_certificates(folder)
    launch, look, relay, call, who = map(fit, commands()[3:])
    voices = [recorder.tone(os.path.join(folder, "%d.wav" % t), t, SECONDS) for t in TONES]
    call = call.replace("tests/sipp", recorder.HERE).replace("build/demo/alice.wav", voices[0])
    call = call.replace("build/demo/bob.wav", voices[1]).strip()
    with recorder.Recorder("exec " + launch.replace("-e", "-e -v", 1), cwd=folder) as server:
        server.wait_ready()
        seen = run(look, folder)
        assert "Verification: OK" in seen.stdout, seen.stdout
        nobody = run(look.replace("-cert sbc.crt -key sbc.key", ""), folder)
        for _ in range(500):
            if "has shown no certificate" in "".join(server.output):
                break
            time.sleep(0.02)
        assert "has shown no certificate" in "".join(server.output), nobody.stdout
        with subprocess.Popen("exec " + relay, shell=True, cwd=folder) as tunnel:
            try:
                await_port(int(ports["5070"]))
                done = run(call, folder)
                assert done.returncode == 0, done.stdout + "".join(server.output)
            finally:
                tunnel.kill()
        server.end()
    (channel,) = recorder.measure(os.path.join(folder, "voice.flac"))
    assert abs(channel["frequency"] - TONES[0]) < 10, channel
    assert channel["last_sound"] - channel["first_sound"] > SECONDS - 0.1, channel
    recorder.events(os.path.join(folder, "events.ndjson"))
    told = run(who, folder).stdout
    assert IDENTITY in told, told


def client(folder):
    """openssl as the client: versions, the chain, names, certificates."""
    make_certificates(folder)
    done = run("openssl req -x509 -CA ca.pem -CAkey ca.key -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
               "-days 9 -subj '/CN=Between' -keyout between.key -out between.pem", folder)
    assert done.returncode == 0, done.stdout
    sign(folder, "chained", "DNS:chained.example", authority="between")
    run("cat between.pem >> chained.pem", folder)
    own = "-cert sbc.crt -key sbc.key"
    with Recorder(folder, certificate="\"recorder.pem,chained.pem\"") as server:
        for version, works in (("1_1", False), ("1_2", True), ("1_3", True)):
            said = server.s_client("-tls%s -cipher ALL:@SECLEVEL=0" % version)
            assert is_answered(said) == works, said
        chain = server.s_client("-showcerts -servername chained.example -verify_return_error")
        assert is_answered(chain) and chain.count("BEGIN CERTIFICATE") == 2, chain
        assert "CN = chained" in chain and "CN = Between" in chain, chain
        for name in ("recorder.example.com", "unknown.example"):
            said = server.s_client("-showcerts -servername " + name)
            assert "s:CN = recorder\n" in said and said.count("BEGIN CERTIFICATE") == 1, said
        assert is_answered(server.s_client("-verify_hostname chained.example -servername chained.example "
                                           "-verify_return_error"))
        server.interrupt()
    sign(folder, "late", "URI:" + IDENTITY, days=(-9, -2))
    run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=other "
        "-addext subjectAltName=URI:%s -keyout other.key -out other.crt" % IDENTITY, folder)
    with Recorder(folder, "tls-ca=ca.pem tls-require-client-cert=true") as server:
        assert is_answered(server.s_client(own))
        for options in ("", "-cert late.crt -key late.key", "-cert other.crt -key other.key"):
            said = server.s_client(options)
            assert not is_answered(said) and "alert" in said, said
        server.await_output("TLS connection from 127.0.0.1 was refused: It has shown no certificate")
        server.interrupt()
    with Recorder(folder, "tls-ca=ca.pem allow=pbx.example") as server:
        said = server.s_client(own)
        assert "SIP/2.0 403 " in said, said
        server.await_output("Its certificate is for %s." % IDENTITY)
        server.interrupt()


def reload(folder):
    """An expired certificate is an error at the start, and a warning later: the old one stays."""
    make_certificates(folder)
    sign(folder, "late", "DNS:recorder.example.com", days=(-9, -2))
    sign(folder, "fresh", "DNS:fresh.example")
    started = run("gst-launch-1.0 siprecsrc local-uri=sips:127.0.0.1:0 tls-certificate=late.pem ! fakesink", folder)
    assert started.returncode != 0 and "late.pem: the certificate has expired" in started.stdout, started.stdout
    look = "-showcerts -servername x"
    with Recorder(folder) as server:
        assert "s:CN = recorder\n" in server.s_client(look)
        run("cp late.pem next; mv next recorder.pem", folder)
        server.await_output("recorder.pem: the certificate has expired")
        assert "s:CN = recorder\n" in server.s_client(look)
        run("cp fresh.pem next; mv next recorder.pem", folder)
        for _ in range(100):
            said = server.s_client(look)
            if "s:CN = fresh\n" in said:
                break
            time.sleep(0.1)
        assert "s:CN = fresh\n" in said, said
        server.interrupt()


KAMAILIO = """
debug=1
log_stderror=yes
children=2
tcp_children=2
disable_tcp=no
enable_tls=yes
auto_aliases=no
listen=udp:127.0.0.1:{udp}
listen=tls:127.0.0.1:{tls}
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "sl.so"
loadmodule "siputils.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "tls.so"
modparam("tls", "config", "{folder}/tls.cfg")
request_route {{
  if (has_totag()) {{
    if (loose_route()) {{ t_relay(); exit; }}
    if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); exit; }}
    sl_send_reply("404", "Not Here");
    exit;
  }}
  record_route();
  $du = "sip:127.0.0.1:{recorder};transport=tls";
  t_relay();
}}
"""
KAMAILIO_TLS = """
[server:default]
method = TLSv1.2+
certificate = {folder}/sbc.crt
private_key = {folder}/sbc.key
[client:default]
method = TLSv1.2+
verify_certificate = yes
require_certificate = yes
ca_list = {folder}/ca.pem
certificate = {folder}/sbc.crt
private_key = {folder}/sbc.key
"""


@contextlib.contextmanager
def kamailio(folder, port):
    """A proxy that takes calls over UDP and brings them to @port over TLS."""
    own = free_port()
    values = {"folder": folder, "udp": own, "tls": free_port(), "recorder": port}
    for name, text in (("kamailio.cfg", KAMAILIO), ("tls.cfg", KAMAILIO_TLS)):
        with open(os.path.join(folder, name), "w", encoding="ascii") as file:
            file.write(text.format(**values))
    with open(os.path.join(folder, "kamailio.log"), "w+", encoding="utf-8") as log, \
         subprocess.Popen(["kamailio", "-DD", "-f", "kamailio.cfg", "-m", "64", "-M", "8", "-Y", folder, "-w", folder],
                          cwd=folder, stdout=log, stderr=subprocess.STDOUT) as process:
        try:
            await_port(values["tls"])
            yield own
        except BaseException:
            log.seek(0)
            print(log.read())
            raise
        finally:
            process.terminate()
            process.wait(20)


def proxy(folder):
    """sipp, kamailio with mutual TLS, and we. Skipped where kamailio isn't installed."""
    if not shutil.which("kamailio"):
        sys.exit(77)
    make_certificates(folder)
    with Recorder(folder, "tls-ca=ca.pem tls-require-client-cert=true allow=sbc.example.com") as server:
        port = server.port()
        with kamailio(folder, port) as own:
            server.address = "127.0.0.1:%d" % own
            assert server.call("hold", d=0) == 0, "".join(server.output)
            server.end()
    events = recorder.events(os.path.join(folder, "events.ndjson"))
    started = events[0]["data"]
    assert started["transport"] == "tls" and IDENTITY in started["peer_identities"], started
    assert any(event["type"] == "siprec.stream.resumed" for event in events), events


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as FOLDER:
        {"walk-through": walk_through, "client": client, "reload": reload, "proxy": proxy}[sys.argv[1]](FOLDER)
