// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/screen/screen.h"

#include "core/base/descriptor.h"
#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/console/screen/rfbgate.h"
#include "core/console/screen/wire.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace strata::console {
namespace {

using wire::Message;
using wire::What;

constexpr std::size_t kHighWater = 1U << 20U; // bytes of the server's that the decoder has not taken
constexpr std::size_t kLowWater = 256U << 10U;

std::string tr(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("Screen", text), values);
}

// Bytes of the session, from its thread to ours.
struct Inbox {
    std::mutex mutex;
    std::string bytes;
    bool held = false;
    std::optional<SessionEnd> end;
    Descriptor wake{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    void poke() const
    {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(wake.get(), &one, sizeof one);
    }
};

class Ears : public SessionHandler {
public:
    explicit Ears(std::shared_ptr<Inbox> inbox) : m_inbox(std::move(inbox)) {}
    void onOpen(const std::string&) override {}
    void onOutput(std::string_view bytes) override
    {
        {
            const std::lock_guard lock(m_inbox->mutex);
            m_inbox->bytes += bytes;
        }
        m_inbox->poke();
    }
    void onEnd(SessionEnd end) override
    {
        {
            const std::lock_guard lock(m_inbox->mutex);
            m_inbox->end = std::move(end);
        }
        m_inbox->poke();
    }

private:
    std::shared_ptr<Inbox> m_inbox;
};

class DecodedScreen : public Screen {
public:
    DecodedScreen(Descriptor rfb, Descriptor control, pid_t decoder, std::shared_ptr<ScreenHandler> handler)
        : m_rfb(std::move(rfb)), m_control(std::move(control)), m_decoder(decoder),
          m_handler(std::move(handler)), m_inbox(std::make_shared<Inbox>())
    {}

    ~DecodedScreen() override
    {
        m_ending = true;
        m_inbox->poke();
        if (m_thread.joinable())
            m_thread.join();
        m_session.reset();
        ::kill(m_decoder, SIGKILL);
        while (::waitpid(m_decoder, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
    DecodedScreen(const DecodedScreen&) = delete;
    DecodedScreen& operator=(const DecodedScreen&) = delete;

    Result<void> begin(const Opener& opener)
    {
        Result<std::unique_ptr<Session>> session = opener(std::make_shared<Ears>(m_inbox));
        if (!session)
            return tl::unexpected<Error>(std::move(session.error()));
        m_session = std::move(*session);
        m_thread = std::thread([this] { run(); });
        return {};
    }

    void key(std::uint32_t keysym, bool pressed) override
    {
        say({What::Key, static_cast<std::int32_t>(keysym), pressed ? 1 : 0, 0, 0, 0});
    }
    void pointer(int x, int y, unsigned buttons) override
    {
        say({What::Pointer, x, y, static_cast<std::int32_t>(buttons), 0, 0});
    }
    void refresh() override { say({What::Refresh, 0, 0, 0, 0, 0}); }
    void resize(int width, int height) override { say({What::Resize, width, height, 0, 0, 0}); }
    void paste(std::string_view text) override
    {
        say({What::Paste, 0, 0, 0, 0, 0}, text.substr(0, wire::kMostText));
    }
    int decoder() const override { return m_decoder; }

private:
    // A decoder that is behind misses a movement of the mouse rather than holding us up.
    void say(Message message, std::string_view text = {}) const
    {
        message.length = static_cast<std::uint32_t>(text.size());
        std::string bytes(sizeof message + text.size(), '\0');
        std::memcpy(bytes.data(), &message, sizeof message);
        std::memcpy(bytes.data() + sizeof message, text.data(), text.size());
        ::send(m_control.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    }

    void run()
    {
        SessionEnd end = pump();
        m_handler->onEnd(std::move(end));
    }

    SessionEnd pump()
    {
        std::string out; // towards the decoder
        bool closed = false;
        for (;;) {
            if (m_ending)
                return {};
            std::optional<SessionEnd> ended;
            std::string fresh;
            bool relieved = false;
            bool full = false;
            {
                const std::lock_guard lock(m_inbox->mutex);
                if (out.empty())
                    fresh.swap(m_inbox->bytes);
                const std::size_t waiting = fresh.size() + out.size() + m_inbox->bytes.size();
                full = waiting > kHighWater && !std::exchange(m_inbox->held, true);
                relieved = waiting < kLowWater && m_inbox->held;
                if (relieved)
                    m_inbox->held = false;
                if (fresh.empty() && out.empty())
                    ended = m_inbox->end;
            }
            if (full || relieved)
                m_session->setReading(relieved); // only this thread says so
            if (!fresh.empty()) {
                if (!m_gate.pass(fresh, out))
                    return refused(m_gate.reason(), m_gate.words());
                if (out.empty())
                    continue; // nothing of it goes on: what is next?
            }
            if (ended && ended->kind != SessionEnd::Kind::Closed)
                return *ended;
            if (ended && !closed) { // what is left is still decoded
                closed = true;
                ::shutdown(m_rfb.get(), SHUT_WR);
            }
            std::array<pollfd, 3> fds{
                {{m_rfb.get(), static_cast<short>(POLLIN | (out.empty() ? 0 : POLLOUT)), 0},
                 {m_control.get(), POLLIN, 0},
                 {m_inbox->wake.get(), POLLIN, 0}}};
            if (closed)
                fds[0].fd = -1;
            if (::poll(fds.data(), fds.size(), -1) < 0)
                continue;
            if (fds[2].revents != 0) {
                std::uint64_t count = 0;
                [[maybe_unused]] const auto got = ::read(m_inbox->wake.get(), &count, sizeof count);
            }
            if ((fds[0].revents & POLLIN) != 0) {
                std::array<char, 4096> buffer{};
                const ssize_t got = ::recv(m_rfb.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
                if (got > 0)
                    m_session->write({buffer.data(), static_cast<std::size_t>(got)});
            }
            if ((fds[0].revents & POLLOUT) != 0) {
                const ssize_t sent = ::send(m_rfb.get(), out.data(), out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
                if (sent > 0)
                    out.erase(0, static_cast<std::size_t>(sent));
            }
            if ((fds[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
                if (std::optional<SessionEnd> end = hear())
                    return *end;
            }
        }
    }

    // One message of the decoder's. Nothing it says is believed: an edge outside the picture, a picture that
    // is not there or too small end it.
    std::optional<SessionEnd> hear()
    {
        std::string bytes(sizeof(Message) + wire::kMostText, '\0');
        iovec part{bytes.data(), bytes.size()};
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> space{};
        msghdr header{};
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        header.msg_control = space.data();
        header.msg_controllen = space.size();
        const ssize_t got = ::recvmsg(m_control.get(), &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return std::nullopt;
        Descriptor with;
        for (cmsghdr* each = CMSG_FIRSTHDR(&header); got >= 0 && each != nullptr;
             each = CMSG_NXTHDR(&header, each)) {
            if (each->cmsg_level == SOL_SOCKET && each->cmsg_type == SCM_RIGHTS) {
                int fd = -1;
                std::memcpy(&fd, CMSG_DATA(each), sizeof fd);
                with = Descriptor(fd);
            }
        }
        if (got < static_cast<ssize_t>(sizeof(Message)))
            return failed(tr("The screen's decoder stopped unexpectedly; nothing else is affected."));
        Message message;
        std::memcpy(&message, bytes.data(), sizeof message);
        const std::string_view text =
            std::string_view(bytes).substr(sizeof message, static_cast<std::size_t>(got) - sizeof message);
        switch (message.what) {
        case What::Size:
            return take(message.a, message.b, with);
        case What::Update: {
            const std::int64_t right = std::int64_t(message.a) + message.c;
            const std::int64_t bottom = std::int64_t(message.b) + message.d;
            if (message.a < 0 || message.b < 0 || message.c <= 0 || message.d <= 0 || right > m_width ||
                bottom > m_height)
                return failed(tr("The server draws outside its own screen."));
            m_handler->onUpdate(message.a, message.b, message.c, message.d);
            return std::nullopt;
        }
        case What::Bell:
            m_handler->onBell();
            return std::nullopt;
        case What::Text: {
            std::string utf8;
            for (const char c : text) {
                const auto byte = static_cast<unsigned char>(c);
                if (byte < 0x80) {
                    utf8 += c;
                } else {
                    utf8 += static_cast<char>(0xC0U | (byte >> 6U));
                    utf8 += static_cast<char>(0x80U | (byte & 0x3FU));
                }
            }
            m_handler->onText(utf8);
            return std::nullopt;
        }
        case What::Cursor: {
            const bool sane = message.a >= 0 && message.b >= 0 && message.a <= wire::kMostCursor &&
                              message.b <= wire::kMostCursor && message.c >= 0 && message.d >= 0 &&
                              (message.a == 0 || (message.c < message.a && message.d < message.b));
            const auto pixels = static_cast<std::size_t>(sane ? message.a * message.b : 0);
            if (!sane || text.size() != pixels * 4)
                return failed(tr("The screen's decoder stopped unexpectedly; nothing else is affected."));
            std::vector<std::uint32_t> shape(pixels);
            std::memcpy(shape.data(), text.data(), text.size());
            m_handler->onCursor(message.a, message.b, message.c, message.d, shape);
            return std::nullopt;
        }
        case What::Ended: {
            {
                // Where the connection ended, that is the cause; but a fault before a goodbye stays one.
                const std::lock_guard lock(m_inbox->mutex);
                if (m_inbox->end && (m_inbox->end->kind != SessionEnd::Kind::Closed ||
                                     message.a == static_cast<std::int32_t>(wire::Reason::Closed)))
                    return *m_inbox->end;
            }
            if (message.a == static_cast<std::int32_t>(wire::Reason::Closed))
                return SessionEnd{};
            return refused(static_cast<wire::Reason>(message.a), text);
        }
        default:
            return failed(tr("The screen's decoder stopped unexpectedly; nothing else is affected."));
        }
    }

    std::optional<SessionEnd> take(std::int32_t width, std::int32_t height, const Descriptor& with)
    {
        const std::int64_t pixels = std::int64_t(width) * height;
        struct stat facts = {};
        if (width <= 0 || height <= 0 || pixels > wire::kMostPixels || !with ||
            ::fstat(with.get(), &facts) != 0 || facts.st_size < pixels * 4 ||
            (::fcntl(with.get(), F_GET_SEALS) & F_SEAL_SHRINK) == 0)
            return failed(tr("The screen's decoder stopped unexpectedly; nothing else is affected."));
        const auto size = static_cast<std::size_t>(pixels) * 4;
        void* memory = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, with.get(), 0);
        if (memory == MAP_FAILED)
            return failed(tr("There is no memory for the screen's picture."));
        m_width = width;
        m_height = height;
        m_handler->onPicture(
            std::make_shared<Picture>(static_cast<const std::uint8_t*>(memory), size, width, height));
        return std::nullopt;
    }

    static SessionEnd refused(wire::Reason reason, std::string_view words)
    {
        if (reason == wire::Reason::TooLarge)
            return failed(
                tr("The server's screen is too large to be shown: %1 pixels.", {cleanText(words, 64)}));
        return failed(tr("The server does not speak the screen's protocol (RFB) rightly."), words);
    }

    static SessionEnd failed(std::string text, std::string_view detail = {})
    {
        return {SessionEnd::Kind::Failed, 0,
                Error{ErrorKind::Protocol, std::move(text), cleanText(detail), 0, 0}};
    }

    const Descriptor m_rfb;
    const Descriptor m_control;
    const pid_t m_decoder;
    const std::shared_ptr<ScreenHandler> m_handler;
    const std::shared_ptr<Inbox> m_inbox;
    std::unique_ptr<Session> m_session;
    RfbGate m_gate; // this thread's
    int m_width = 0;
    int m_height = 0;
    std::atomic<bool> m_ending{false};
    std::thread m_thread;
};

bool makePair(int type, Descriptor& ours, Descriptor& theirs)
{
    std::array<int, 2> ends{-1, -1};
    if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return false;
    ours = Descriptor(ends[0]);
    theirs = Descriptor(ends[1]);
    return true;
}

} // namespace

Picture::~Picture()
{
    ::munmap(const_cast<std::uint8_t*>(m_pixels), m_size);
}

Result<std::unique_ptr<Screen>> Screen::start(const std::string& program, const Opener& opener,
                                              std::shared_ptr<ScreenHandler> handler)
{
    Descriptor rfb;
    Descriptor theirRfb;
    Descriptor control;
    Descriptor theirControl;
    if (!makePair(SOCK_STREAM, rfb, theirRfb) || !makePair(SOCK_SEQPACKET, control, theirControl))
        return fail(ErrorKind::Io, tr("No connection to the screen's decoder could be made."),
                    std::strerror(errno));
    // dup2() to itself would keep the close-on-exec flag: out of the way of 3 and 4 first.
    const Descriptor highRfb(::fcntl(theirRfb.get(), F_DUPFD_CLOEXEC, 10));
    const Descriptor highControl(::fcntl(theirControl.get(), F_DUPFD_CLOEXEC, 10));
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
    ::posix_spawn_file_actions_adddup2(&actions, 0, 1);
    ::posix_spawn_file_actions_adddup2(&actions, highRfb.get(), wire::kRfbFd);
    ::posix_spawn_file_actions_adddup2(&actions, highControl.get(), wire::kControlFd);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none); // our threads block signals; the decoder must not
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    std::string name = program;
    std::string command = wire::kCommand;
    std::array<char*, 3> arguments{name.data(), command.data(), nullptr};
    std::array<char*, 1> environment{nullptr}; // nothing of ours
    pid_t pid = -1;
    const int failed =
        ::posix_spawn(&pid, program.c_str(), &actions, &attributes, arguments.data(), environment.data());
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    if (failed != 0)
        return fail(ErrorKind::Io, tr("The screen's decoder could not be started."), std::strerror(failed));
    auto screen =
        std::make_unique<DecodedScreen>(std::move(rfb), std::move(control), pid, std::move(handler));
    if (Result<void> begun = screen->begin(opener); !begun)
        return tl::unexpected<Error>(std::move(begun.error()));
    return std::unique_ptr<Screen>(std::move(screen));
}

} // namespace strata::console
