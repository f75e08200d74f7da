"""What happens between a sweep and its server: the server dies, an answer is lost, the network is cut."""
import contextlib
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import threading
import time

from mishaps import Problem, end_equal, refused


def require_end(runs, place, process, seconds):
    """The disturbed command itself has to end well, without a restart."""
    code = process.wait(seconds)
    if code != 0:
        raise Problem(f"ends with {code}: {place.last_words()}")
    end_equal(runs, place)


def killed_server(server):
    def act(runs, folder, rng):
        """kill -9 of one of the server's processes for a client, or of all of the server, which then starts again."""
        place = runs.workplace(folder / "disturbed")
        process = place.start(runs.case.command)
        time.sleep(rng.uniform(0.3, 0.9) * runs.whole_s)
        if rng.random() < 0.5:
            database = re.search(r"/(d\d+)\?", place.database).group(1)
            server.kill_client_of(database)
        else:
            server.stop(signal.SIGKILL)
            time.sleep(rng.uniform(0, 2))
            server.start()
        require_end(runs, place, process, 300)
        return "equal, without a restart"
    return act


def wrong_password(server):
    def act(runs, folder, rng):
        """Of a user whose password is right in the end."""
        server.add_user("guest", "right")
        place = runs.workplace(folder / "disturbed")
        name = re.search(r"/(d\d+)\?", place.database).group(1)
        server.sql(name, "GRANT USAGE, CREATE ON SCHEMA public TO guest")
        place.database = place.database.replace("//mds@", "//guest@")
        for word, told in (("wrong", "password authentication failed"), ("", "no password supplied")):
            place.environment["PGPASSWORD"] = word
            refused(place, runs.case.command, told)
        place.environment["PGPASSWORD"] = "right"
        end_equal(runs, place)
        return "refused by name, then equal"
    return act


class LossyProxy:
    """Stands between a client and the server's socket. Where a COMMIT comes and the draw says so, it lets the server
    have it, and cuts the client off before the answer."""

    def __init__(self, socket_file, rng, share):
        self.socket_file, self.rng, self.share, self.lost = socket_file, rng, share, 0
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self.relay, args=(self.listening.accept()[0],), daemon=True).start()

    def relay(self, client):
        server = socket.socket(socket.AF_UNIX)
        server.connect(self.socket_file)
        with client, server, contextlib.suppress(OSError):
            while True:
                for ready in select.select([client, server], [], [])[0]:
                    data = ready.recv(1 << 16)
                    if not data:
                        return
                    if ready is server:
                        client.sendall(data)
                        continue
                    server.sendall(data)
                    if b"COMMIT" in data and self.rng.random() < self.share:
                        server.recv(1 << 16)  # the answer, which comes once it is committed
                        self.lost += 1
                        return


def lost_answer(server):
    def act(runs, folder, rng):
        """The answers to some of the COMMITs of a run."""
        proxy = LossyProxy(f"{server.folder}/.s.PGSQL.5432", rng, 0.15)
        place = runs.workplace(folder / "disturbed")
        name = re.search(r"/(d\d+)\?", place.database).group(1)
        process = place.start(runs.case.command.format(db=f"postgresql://mds@127.0.0.1:{proxy.port}/{name}"))
        require_end(runs, place, process, 300)
        proxy.listening.close()
        if not proxy.lost:
            raise Problem("no answer was lost")
        return f"equal, without a restart ({proxy.lost} answers)"
    return act


def run(*command):
    subprocess.run(command, check=True)


@contextlib.contextmanager
def namespaces():
    """Two network namespaces with a cable between them: of the server, 10.77.0.1, and of the worker."""
    mine = os.getpid()
    db, worker = f"db{mine}", f"w{mine}"
    for name in (db, worker):
        run("ip", "netns", "add", name)
    try:
        run("ip", "link", "add", "vd", "netns", db, "type", "veth", "peer", "name", "vw", "netns", worker)
        run("ip", "-n", db, "addr", "add", "10.77.0.1/24", "dev", "vd")
        run("ip", "-n", worker, "addr", "add", "10.77.0.2/24", "dev", "vw")
        run("ip", "-n", db, "link", "set", "vd", "up")
        run("ip", "-n", worker, "link", "set", "vw", "up")
        yield db, worker
    finally:
        for name in (worker, db):
            run("ip", "netns", "del", name)


def cut_network(server, names):
    db, worker = names
    address, link = ["addr", "{}", "10.77.0.1/24", "dev", "vd"], ["link", "set", "vw", "{}"]

    @contextlib.contextmanager
    def cut(vanish):
        inside, command, down, up = (db, address, "del", "add") if vanish else (worker, link, "down", "up")
        run("ip", "-n", inside, *(word.format(down) for word in command))
        yield
        run("ip", "-n", inside, *(word.format(up) for word in command))

    def act(runs, folder, rng, seconds=60):
        """The worker's end of the cable goes down, or all packets to the server vanish, for a minute."""
        for attempt in range(10):
            place = runs.workplace(folder / f"disturbed-{attempt}")
            process = place.start(runs.case.command)
            time.sleep(rng.uniform(0.2, 0.7) * runs.whole_s)
            with cut(rng.random() < 0.5):
                if process.poll() is None:
                    time.sleep(seconds)
                met = process.poll() is None
            require_end(runs, place, process, 300)
            if met:
                return "equal, without a restart"
        raise Problem("every run ended before the cut or during it")
    return act
