// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/libvirt/graphics.h"

#include "core/base/translate.h"
#include "core/libvirt/errors.h"
#include "core/libvirt/library.h"
#include "core/libvirt/reading.h"
#include "core/libvirt/uri.h"

#include <fcntl.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>

namespace strata::virt {
namespace {

struct CloseConnection {
    void operator()(virConnect* connection) const { virConnectClose(connection); }
};

// One thread, which opens and then copies; it outlives its owner when libvirt hangs.
class Feed : public std::enable_shared_from_this<Feed> {
public:
    Feed(std::string uri, HostUri parts, std::string uuid, std::shared_ptr<ConsoleSink> sink)
        : m_uri(std::move(uri)), m_parts(std::move(parts)), m_uuid(std::move(uuid)), m_sink(std::move(sink)),
          m_bell(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
    {}
    ~Feed() { ::close(m_bell); }
    Feed(const Feed&) = delete;
    Feed& operator=(const Feed&) = delete;

    void start()
    {
        std::thread([self = shared_from_this()] {
            prepareThread();
            Result<void> end = self->session();
            {
                const std::lock_guard lock(self->m_mutex);
                self->m_closing = true;
            }
            self->tell([&](ConsoleSink& sink) { sink.onEnd(std::move(end)); });
        }).detach();
    }

    void stop()
    {
        close();
        const std::lock_guard lock(m_sinkMutex);
        m_sink.reset();
    }

    void close()
    {
        {
            const std::lock_guard lock(m_mutex);
            m_closing = true;
        }
        ring();
    }

    bool write(std::string_view bytes)
    {
        {
            const std::lock_guard lock(m_mutex);
            if (m_closing || m_out.size() + bytes.size() > Console::kMostQueued)
                return false;
            m_out.append(bytes);
        }
        ring();
        return true;
    }

    void setReading(bool on)
    {
        {
            const std::lock_guard lock(m_mutex);
            m_reading = on;
        }
        ring();
    }

private:
    void ring() const
    {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(m_bell, &one, sizeof one);
    }

    template<typename Call>
    void tell(Call&& call)
    {
        const std::lock_guard lock(m_sinkMutex);
        if (m_sink)
            call(*m_sink);
    }

    Result<void> session()
    {
        if (!m_parts.transport.empty() && m_parts.transport != "unix")
            return fail(ErrorKind::Refused,
                        translate("Host",
                                  "A screen through libvirt can only be opened on this computer's own "
                                  "libvirt: a socket is handed over."));
        int fd = -1;
        {
            const std::unique_ptr<virConnect, CloseConnection> connection(
                virConnectOpenAuth(connectUri(m_uri, m_parts).c_str(), nullptr, 0));
            if (!connection)
                return tl::unexpected<Error>(lastLibvirtError(m_parts, false));
            const DomainPtr domain(virDomainLookupByUUIDString(connection.get(), m_uuid.c_str()));
            if (!domain)
                return tl::unexpected<Error>(lastLibvirtError(m_parts, true));
            // Whoever may open it needs no password: access is libvirt's to decide.
            fd = virDomainOpenGraphicsFD(domain.get(), 0, VIR_DOMAIN_OPEN_GRAPHICS_SKIPAUTH);
            if (fd < 0)
                return tl::unexpected<Error>(lastLibvirtError(m_parts, true));
        }
        tell([](ConsoleSink& sink) { sink.onOpen(); });
        Result<void> end = copy(fd);
        ::close(fd);
        return end;
    }

    Result<void> copy(int fd)
    {
        ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
        std::array<char, 65536> buffer{};
        for (;;) {
            std::array<pollfd, 2> fds{{{fd, 0, 0}, {m_bell, POLLIN, 0}}};
            {
                const std::lock_guard lock(m_mutex);
                if (m_closing)
                    return {};
                fds[0].events = static_cast<short>((m_reading ? POLLIN : 0) | (m_out.empty() ? 0 : POLLOUT));
                if (fds[0].events == 0)
                    fds[0].fd = -1; // a hangup is told without being asked for
            }
            if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR)
                return fail(ErrorKind::Io, translate("Host", "The screen's connection broke."),
                            std::strerror(errno));
            if (fds[1].revents != 0) {
                std::uint64_t count = 0;
                [[maybe_unused]] const auto got = ::read(m_bell, &count, sizeof count);
            }
            if ((fds[0].revents & POLLOUT) != 0) {
                const std::lock_guard lock(m_mutex);
                const ssize_t sent = ::send(fd, m_out.data(), m_out.size(), MSG_NOSIGNAL);
                if (sent > 0)
                    m_out.erase(0, static_cast<std::size_t>(sent));
            }
            if ((fds[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
                const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
                if (got == 0)
                    return {};
                if (got > 0)
                    tell([&](ConsoleSink& sink) {
                        sink.onOutput({buffer.data(), static_cast<std::size_t>(got)});
                    });
                else if (errno != EAGAIN && errno != EINTR)
                    return fail(ErrorKind::Network, translate("Host", "The screen's connection broke."),
                                std::strerror(errno));
            }
        }
    }

    const std::string m_uri;
    const HostUri m_parts;
    const std::string m_uuid;

    std::mutex m_mutex; // guards these, never held while calling out
    std::string m_out;
    bool m_reading = true;
    bool m_closing = false;

    std::recursive_mutex m_sinkMutex; // held while calling out
    std::shared_ptr<ConsoleSink> m_sink;
    const int m_bell;
};

class Graphics : public Console {
public:
    explicit Graphics(std::shared_ptr<Feed> feed) : m_feed(std::move(feed)) {}
    ~Graphics() override { m_feed->stop(); }
    Graphics(const Graphics&) = delete;
    Graphics& operator=(const Graphics&) = delete;

    bool write(std::string_view bytes) override { return m_feed->write(bytes); }
    void close() override { m_feed->close(); }
    void setReading(bool on) override { m_feed->setReading(on); }

private:
    std::shared_ptr<Feed> m_feed;
};

} // namespace

Result<std::unique_ptr<Console>> openGraphics(const std::string& uri, const std::string& uuid,
                                              std::shared_ptr<ConsoleSink> sink)
{
    Result<HostUri> parts = parseUri(uri);
    if (!parts)
        return tl::unexpected<Error>(parts.error());
    if (Result<void> ready = prepareLibrary(); !ready)
        return tl::unexpected<Error>(ready.error());
    auto feed = std::make_shared<Feed>(uri, std::move(*parts), uuid, std::move(sink));
    feed->start();
    return std::unique_ptr<Console>(std::make_unique<Graphics>(std::move(feed)));
}

} // namespace strata::virt
