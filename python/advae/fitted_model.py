"""The version that a detector has fitted, wherever it is."""

import os
import weakref

from .private_server import PrivateServer


class ServerModel:
    """A version of a model on a server that is not ours. Stays there."""

    def __init__(self, client, model, version):
        self.client = client
        self.model = model
        self.version = version

    def score(self, rows, **settings):
        return self.client.score(self.model, rows, version=self.version, **settings)


class PrivateModel:
    """A version on the private server of this process. It is deleted when nothing refers to it any
    more, and goes along when it is pickled."""

    def __init__(self, programs, model, version, server=None):
        self._programs = programs
        self.model = model
        self.version = version
        self._files = None
        self._server = None
        if server is not None:
            self._attach(server)

    def _attach(self, server):
        self._server = server
        self._process = os.getpid()
        server.hold(self.model)
        self._finalizer = weakref.finalize(self, server.release, self.model)
        self._finalizer.atexit = False

    def server(self):
        """A server that has the version."""
        if self._server is not None and (
            self._process != os.getpid() or not self._server.is_running()
        ):
            raise RuntimeError(
                "the private server of this detector has ended, or is that of another "
                "process; fit it again, or pickle it for the other process"
            )
        if self._server is None:
            server = PrivateServer.shared(self._programs)
            server.add(self.model, self.version, self._files)
            self._attach(server)
            self._files = None
        return self._server

    def score(self, rows, **settings):
        return self.server().client.score(self.model, rows, version=self.version, **settings)

    def __getstate__(self):
        files = self._files or self.server().files(self.model, self.version)
        return {
            "programs": self._programs,
            "model": self.model,
            "version": self.version,
            "files": files,
        }

    def __setstate__(self, state):
        self.__init__(state["programs"], state["model"], state["version"])
        self._files = state["files"]
