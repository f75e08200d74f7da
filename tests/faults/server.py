"""A private PostgreSQL server in a temporary folder, on a socket there and, if asked for, at an address."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time


def programs():
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    return found[-1].parent if found else None


class Server:
    def __init__(self, address="", before=(), before_clients=()):
        """`before` stands in front of the server's command, and of its clients', such as ip netns exec NAME."""
        self.address, self.before, self.before_clients = address, list(before), list(before_clients)
        self.process, self.databases = None, 0
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="faults-server-"))
        self.as_user = []
        if os.getuid() == 0:  # the server refuses root
            shutil.chown(self.folder, "postgres")
            self.as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        self.run("initdb", "-D", f"{self.folder}/data", "-U", "mds", "--auth=trust", "--no-sync", "-E", "UTF8",
                 "--locale=C")
        if address:
            with open(self.folder / "data/pg_hba.conf", "a") as rules:
                rules.write("host all all 10.77.0.0/24 trust\n")
        self.start()

    def run(self, program, *arguments):
        subprocess.run([*self.as_user, programs() / program, *arguments], cwd=self.folder, check=True,
                       stdout=subprocess.DEVNULL)

    def start(self):
        """Tries again while processes of a server that was killed still hold its memory."""
        ready = [programs() / "pg_isready", "-q", "-h", self.folder]
        while self.process is None or subprocess.run(ready).returncode != 0:
            if self.process is None or self.process.poll() is not None:
                with open(self.folder / "log", "ab") as log:
                    self.process = subprocess.Popen(
                        [*self.before, *self.as_user, programs() / "postgres", "-D", self.folder / "data", "-k",
                         self.folder, "-c", f"listen_addresses={self.address}", "-c", "fsync=off"],
                        cwd=self.folder, stdout=log, stderr=log, start_new_session=True)
            time.sleep(0.1)

    def new_database(self):
        """The address of a new one."""
        self.databases += 1
        name = f"d{self.databases}"
        self.run("createdb", "-h", str(self.folder), "-U", "mds", name)
        return f"postgresql://mds@{self.address}/{name}" + ("" if self.address else f"?host={self.folder}")

    def sql(self, database, statement):
        return subprocess.run([programs() / "psql", "-h", self.folder, "-U", "mds", "-d", database, "-At", "-c",
                               statement], check=True, capture_output=True, text=True).stdout.strip()

    def add_user(self, name, password):
        rules = self.folder / "data/pg_hba.conf"
        rules.write_text(f"local all {name} scram-sha-256\n" + rules.read_text())
        self.sql("postgres", f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
        self.sql("postgres", "SELECT pg_reload_conf()")

    def kill_client_of(self, database):
        """kill -9 of the server's process for one client of the database, if there is one."""
        query = f"SELECT pid FROM pg_stat_activity WHERE datname = '{database}' LIMIT 1"
        for pid in self.sql("postgres", query).split():
            os.kill(int(pid), signal.SIGKILL)

    def stop(self, how=signal.SIGINT):
        self.process.send_signal(how)
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder)
