// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/transports/hostconsole.h"

#include "core/libvirt/console.h"
#include "core/libvirt/graphics.h"

#include <utility>

namespace strata::console {
namespace {

class Sink : public virt::ConsoleSink {
public:
    explicit Sink(std::shared_ptr<SessionHandler> handler) : m_handler(std::move(handler)) {}

    void onOpen() override { m_handler->onOpen({}); }
    void onOutput(std::string_view bytes) override { m_handler->onOutput(bytes); }
    void onEnd(Result<void> end) override
    {
        SessionEnd out;
        if (!end) {
            out.kind =
                end.error().kind == ErrorKind::Conflict ? SessionEnd::Kind::InUse : SessionEnd::Kind::Failed;
            out.error = std::move(end.error());
        }
        m_handler->onEnd(std::move(out));
    }

private:
    std::shared_ptr<SessionHandler> m_handler;
};

class HostSession : public Session {
public:
    explicit HostSession(std::unique_ptr<virt::Console> console) : m_console(std::move(console)) {}

    bool write(std::string_view bytes) override { return m_console->write(bytes); }
    void resize(TerminalSize) override {}
    void close() override { m_console->close(); }
    void setReading(bool on) override { m_console->setReading(on); }

private:
    std::unique_ptr<virt::Console> m_console;
};

} // namespace

Result<std::unique_ptr<Session>> openHostSerial(const std::string& uri, const std::string& uuid,
                                                bool takeOver, std::shared_ptr<SessionHandler> handler)
{
    auto console = virt::Console::open(uri, uuid, takeOver, std::make_shared<Sink>(std::move(handler)));
    if (!console)
        return tl::unexpected<Error>(std::move(console.error()));
    return std::unique_ptr<Session>(std::make_unique<HostSession>(std::move(*console)));
}

Result<std::unique_ptr<Session>> openHostScreen(const std::string& uri, const std::string& uuid,
                                                std::shared_ptr<SessionHandler> handler)
{
    auto screen = virt::openGraphics(uri, uuid, std::make_shared<Sink>(std::move(handler)));
    if (!screen)
        return tl::unexpected<Error>(std::move(screen.error()));
    return std::unique_ptr<Session>(std::make_unique<HostSession>(std::move(*screen)));
}

} // namespace strata::console
