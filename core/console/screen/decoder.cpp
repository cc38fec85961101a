// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/screen/decoder.h"

#include "core/console/screen/rfbreader.h"
#include "core/console/screen/wire.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>

namespace strata::console {
namespace {

using wire::Message;
using wire::What;

constexpr std::chrono::milliseconds kFullFor{2};

void tell(Message message, std::string_view words = {}, int fd = -1)
{
    std::string bytes(sizeof message + words.size(), '\0');
    message.length = static_cast<std::uint32_t>(words.size());
    std::memcpy(bytes.data(), &message, sizeof message);
    std::memcpy(bytes.data() + sizeof message, words.data(), words.size());
    iovec part{bytes.data(), bytes.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    if (fd >= 0) {
        header.msg_control = control.data();
        header.msg_controllen = control.size();
        cmsghdr* with = CMSG_FIRSTHDR(&header);
        with->cmsg_level = SOL_SOCKET;
        with->cmsg_type = SCM_RIGHTS;
        with->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(with), &fd, sizeof fd);
    }
    while (::sendmsg(wire::kControlFd, &header, MSG_NOSIGNAL) < 0) {
        // So many descriptors of this user's programs are on their way to somebody, ours among them
        // (unix(7)): they arrive.
        if (errno == ETOOMANYREFS)
            std::this_thread::sleep_for(kFullFor);
        else if (errno != EINTR)
            std::_Exit(0); // nobody looks any more
    }
}

class Teller : public RfbSink {
public:
    // A framebuffer that the other process can see. What stood before is unmapped there when it is no longer
    // shown.
    std::uint8_t* onSize(int width, int height) override
    {
        if (m_pixels != nullptr)
            ::munmap(m_pixels, m_size);
        m_pixels = nullptr;
        m_size = static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 4;
        const int fd = ::memfd_create("screen", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (fd < 0)
            return nullptr;
        if (::ftruncate(fd, static_cast<off_t>(m_size)) == 0 &&
            ::fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0) {
            void* memory = ::mmap(nullptr, m_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
            if (memory != MAP_FAILED) {
                m_pixels = static_cast<std::uint8_t*>(memory);
                tell({What::Size, width, height, 0, 0, 0}, {}, fd);
            }
        }
        ::close(fd);
        return m_pixels;
    }
    void onUpdate(int x, int y, int width, int height) override
    {
        tell({What::Update, x, y, width, height, 0});
    }
    void onBell() override { tell({What::Bell, 0, 0, 0, 0, 0}); }
    void onText(std::string_view latin1) override { tell({What::Text, 0, 0, 0, 0, 0}, latin1); }
    void onCursor(int width, int height, int hotX, int hotY,
                  const std::vector<std::uint32_t>& pixels) override
    {
        tell({What::Cursor, width, height, hotX, hotY, 0},
             {reinterpret_cast<const char*>(pixels.data()), pixels.size() * 4});
    }

private:
    std::uint8_t* m_pixels = nullptr;
    std::size_t m_size = 0;
};

void take(RfbReader& reader)
{
    std::string bytes(sizeof(Message) + wire::kMostText, '\0');
    const ssize_t got = ::recv(wire::kControlFd, bytes.data(), bytes.size(), 0);
    if (got < static_cast<ssize_t>(sizeof(Message)))
        std::_Exit(0);
    Message message;
    std::memcpy(&message, bytes.data(), sizeof message);
    switch (message.what) {
    case What::Key:
        reader.key(static_cast<std::uint32_t>(message.a), message.b != 0);
        break;
    case What::Pointer:
        reader.pointer(message.a, message.b, message.c);
        break;
    case What::Refresh:
        reader.refresh();
        break;
    case What::Resize:
        reader.resize(message.a, message.b);
        break;
    case What::Paste:
        reader.paste(std::string_view(bytes).substr(
            sizeof message,
            std::min<std::size_t>(message.length, static_cast<std::size_t>(got) - sizeof message)));
        break;
    default:
        break;
    }
}

void confine()
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    ::prctl(PR_SET_DUMPABLE, 0);
    ::signal(SIGPIPE, SIG_IGN);
    ::close_range(wire::kControlFd + 1, ~0U, 0);
    const rlimit none{0, 0};
    const rlimit picture{wire::kMostPixels * 4, wire::kMostPixels * 4};
    ::setrlimit(RLIMIT_CORE, &none);

    ::setrlimit(RLIMIT_FSIZE, &picture);
    // Where a privileged user runs it, too.
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> nothing{};
    ::syscall(SYS_capset, &header, nothing.data());
    const rlimit files{16, 16};
    ::setrlimit(RLIMIT_NOFILE, &files);
}

[[noreturn]] void end(const RfbReader& reader)
{
    tell({What::Ended, static_cast<std::int32_t>(reader.reason()), 0, 0, 0, 0}, reader.words());
    std::_Exit(0);
}

} // namespace

int runScreenDecoder()
{
    confine();
    Teller teller;
    RfbReader reader(wire::kRfbFd, teller);
    if (!reader.begin())
        end(reader);
    for (;;) {
        if (!reader.hasMore()) {
            std::array<pollfd, 2> fds{{{wire::kRfbFd, POLLIN, 0}, {wire::kControlFd, POLLIN, 0}}};
            if (::poll(fds.data(), fds.size(), -1) < 0)
                continue;
            if ((fds[1].revents & (POLLIN | POLLHUP)) != 0)
                take(reader);
            if ((fds[0].revents & (POLLIN | POLLHUP)) == 0)
                continue;
        }
        if (!reader.next())
            end(reader);
    }
}

} // namespace strata::console
