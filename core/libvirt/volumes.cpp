// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/libvirt/volumes.h"

#include "core/base/descriptor.h"
#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/libvirt/connection.h"
#include "core/libvirt/errors.h"

#include <fcntl.h>
#include <libvirt/virterror.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace strata::virt {
namespace {

constexpr std::size_t kPiece = 256U << 10U; // below libvirt's largest message
constexpr std::chrono::milliseconds kTellEvery{100};

struct FreeVolume {
    void operator()(virStorageVol* volume) const { virStorageVolFree(volume); }
};
struct FreePool {
    void operator()(virStoragePool* pool) const { virStoragePoolFree(pool); }
};
struct FreeStream {
    void operator()(virStream* stream) const { virStreamFree(stream); }
};
struct FreeText {
    void operator()(char* text) const { std::free(text); }
};
using VolumePtr = std::unique_ptr<virStorageVol, FreeVolume>;
using PoolPtr = std::unique_ptr<virStoragePool, FreePool>;

std::string say(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("Volumes", text), values);
}

Descriptor openToRead(const std::string& path)
{
    return Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

tl::unexpected<Error> unreadable(const std::string& path)
{
    return fail(ErrorKind::Io, say("The image %1 cannot be read.", {cleanText(path)}), std::strerror(errno));
}

std::uint64_t bigEndian(const unsigned char* bytes, int count)
{
    std::uint64_t value = 0;
    for (int i = 0; i < count; ++i)
        value = value << 8U | bytes[i];
    return value;
}

std::string escaped(const std::string& text)
{
    std::string out;
    for (const char c : text)
        out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
    return out;
}

Error problem(const HostUri& parts)
{
    const virError* last = virGetLastError();
    if (last != nullptr && last->code == VIR_ERR_NO_STORAGE_POOL)
        return {ErrorKind::NotFound, say("Host %1 has no such storage pool.", {nameOf(parts)}),
                lastLibvirtMessage(), 0, 0};
    if (last != nullptr && last->code == VIR_ERR_NO_STORAGE_VOL)
        return {ErrorKind::NotFound, say("Host %1 has no such volume.", {nameOf(parts)}),
                lastLibvirtMessage(), 0, 0};
    if (last != nullptr && last->code == VIR_ERR_STORAGE_VOL_EXIST)
        return {ErrorKind::Conflict, say("There is a volume of that name already."), lastLibvirtMessage(), 0,
                0};
    return lastLibvirtError(parts, true);
}

class Upload : public VolumeUpload, public std::enable_shared_from_this<Upload> {
public:
    Upload(VolumeSpec spec, Source source, Progress progress, Done done)
        : m_spec(std::move(spec)), m_source(std::move(source)), m_progress(std::move(progress)),
          m_done(std::move(done))
    {}

    void cancel() override { m_cancelled = true; }

    void begin(const std::string& uri)
    {
        withConnection(
            uri,
            [self = shared_from_this()](virConnectPtr c, const HostUri& parts) {
                self->m_done(self->session(c, parts));
            },
            [self = shared_from_this()](Error error) {
                self->m_done(tl::unexpected<Error>(std::move(error)));
            });
    }

private:
    static tl::unexpected<Error> stopped()
    {
        return fail(ErrorKind::Cancelled, say("The upload was cancelled."));
    }

    Result<std::string> session(virConnectPtr c, const HostUri& parts)
    {
        const bool fromFile = !m_source.path.empty();
        const Descriptor file = openToRead(fromFile ? m_source.path : "/dev/null");
        std::int64_t total = static_cast<std::int64_t>(m_source.bytes.size());
        if (fromFile) {
            struct stat info = {};
            if (file.get() < 0 || ::fstat(file.get(), &info) != 0)
                return unreadable(m_source.path);
            total = info.st_size;
        }
        if (m_cancelled)
            return stopped();
        const PoolPtr pool(virStoragePoolLookupByName(c, m_spec.pool.c_str()));
        if (!pool)
            return tl::unexpected<Error>(problem(parts));
        if (virStoragePoolIsActive(pool.get()) != 1)
            return fail(ErrorKind::Refused, say("The storage pool %1 is not active.", {m_spec.pool}));
        virStoragePoolRefresh(pool.get(), 0); // what others put there counts, too
        const VolumePtr volume(virStorageVolCreateXML(pool.get(), volumeXml(m_spec).c_str(), 0));
        if (!volume)
            return tl::unexpected<Error>(problem(parts));
        Result<void> sent = fill(c, parts, volume.get(), file.get(), fromFile, total);
        // An image brings its own size; what was asked for is more.
        if (sent && m_spec.format == "qcow2" &&
            virStorageVolResize(volume.get(), static_cast<unsigned long long>(m_spec.capacityBytes), 0) < 0) {
            virStorageVolInfo info = {};
            if (virStorageVolGetInfo(volume.get(), &info) < 0 ||
                info.capacity < static_cast<unsigned long long>(m_spec.capacityBytes))
                sent = tl::unexpected<Error>(problem(parts));
        }
        if (!sent) {
            virStorageVolDelete(volume.get(), 0);
            return tl::unexpected<Error>(sent.error());
        }
        const std::unique_ptr<char, FreeText> path(virStorageVolGetPath(volume.get()));
        return path ? std::string(path.get()) : std::string();
    }

    Result<void> fill(virConnectPtr c, const HostUri& parts, virStorageVolPtr volume, int file, bool fromFile,
                      std::int64_t total)
    {
        const std::unique_ptr<virStream, FreeStream> stream(virStreamNew(c, 0));
        if (!stream ||
            virStorageVolUpload(volume, stream.get(), 0, static_cast<unsigned long long>(total), 0) < 0)
            return tl::unexpected<Error>(problem(parts));
        std::vector<char> buffer(kPiece);
        std::int64_t sent = 0;
        auto told = std::chrono::steady_clock::now() - kTellEvery;
        while (sent < total) {
            if (m_cancelled) {
                virStreamAbort(stream.get());
                return stopped();
            }
            const char* piece = buffer.data();
            std::size_t size = 0;
            if (fromFile) {
                const ssize_t got = ::read(file, buffer.data(), buffer.size());
                if (got < 0 && errno == EINTR)
                    continue;
                if (got <= 0) { // an error, or a file that has become shorter
                    virStreamAbort(stream.get());
                    return unreadable(m_source.path);
                }
                size = static_cast<std::size_t>(std::min<std::int64_t>(got, total - sent));
            } else {
                piece = m_source.bytes.data() + sent;
                size = std::min(kPiece, static_cast<std::size_t>(total - sent));
            }
            while (size > 0) {
                const int done = virStreamSend(stream.get(), piece, size);
                if (done <= 0) {
                    const Error error = problem(parts);
                    virStreamAbort(stream.get());
                    return tl::unexpected<Error>(error);
                }
                piece += done;
                size -= static_cast<std::size_t>(done);
                sent += done;
            }
            const auto now = std::chrono::steady_clock::now();
            if (m_progress && (sent == total || now - told >= kTellEvery)) {
                told = now;
                m_progress(sent, total);
            }
        }
        if (virStreamFinish(stream.get()) < 0)
            return tl::unexpected<Error>(problem(parts));
        return {};
    }

    const VolumeSpec m_spec;
    const Source m_source;
    const Progress m_progress;
    const Done m_done;
    std::atomic<bool> m_cancelled{false};
};

} // namespace

Result<ImageFile> inspectImage(const std::string& path)
{
    const Descriptor file = openToRead(path);
    struct stat info = {};
    if (file.get() < 0 || ::fstat(file.get(), &info) != 0)
        return unreadable(path);
    if (!S_ISREG(info.st_mode) || info.st_size == 0)
        return fail(ErrorKind::Invalid,
                    say("%1 is no disk image: it is empty or no file.", {cleanText(path)}));
    std::array<unsigned char, 32> head{};
    const ssize_t got = ::pread(file.get(), head.data(), head.size(), 0);
    if (got < 0)
        return unreadable(path);
    ImageFile image{"raw", info.st_size, info.st_size};
    const auto begins = [&](std::initializer_list<unsigned char> magic) {
        return std::equal(magic.begin(), magic.end(), head.begin());
    };
    // qcow2: docs/interop/qcow2.txt of QEMU.
    if (got == static_cast<ssize_t>(head.size()) && begins({'Q', 'F', 'I', 0xfb})) {
        image.format = "qcow2";
        image.virtualBytes = static_cast<std::int64_t>(bigEndian(&head[24], 8) & 0x7fffffffffffffffULL);
        if (bigEndian(&head[8], 8) != 0)
            return fail(
                ErrorKind::Invalid,
                say("%1 is only a difference to another image; a whole one is wanted.", {cleanText(path)}));
    } else if (begins({0x1f, 0x8b}) || begins({0xfd, '7', 'z', 'X', 'Z'}) ||
               begins({0x28, 0xb5, 0x2f, 0xfd})) {
        return fail(ErrorKind::Invalid, say("%1 is compressed; unpack it first.", {cleanText(path)}));
    }
    return image;
}

std::string volumeXml(const VolumeSpec& spec)
{
    return "<volume><name>" + escaped(spec.name) + "</name><capacity unit='bytes'>" +
           std::to_string(spec.capacityBytes) + "</capacity><allocation unit='bytes'>0</allocation><target>" +
           "<format type='" + (spec.format == "qcow2" ? "qcow2" : "raw") + "'/></target></volume>";
}

std::shared_ptr<VolumeUpload> VolumeUpload::start(const std::string& uri, const VolumeSpec& spec,
                                                  Source source, Progress progress, Done done)
{
    auto upload = std::make_shared<Upload>(spec, std::move(source), std::move(progress), std::move(done));
    upload->begin(uri);
    return upload;
}

void deleteVolume(const std::string& uri, const std::string& pool, const std::string& name,
                  std::function<void(Result<void>)> done)
{
    withConnection(
        uri,
        [pool, name, done](virConnectPtr c, const HostUri& parts) {
            const PoolPtr found(virStoragePoolLookupByName(c, pool.c_str()));
            const VolumePtr volume(found ? virStorageVolLookupByName(found.get(), name.c_str()) : nullptr);
            if (!volume || virStorageVolDelete(volume.get(), 0) < 0)
                done(tl::unexpected<Error>(problem(parts)));
            else
                done({});
        },
        [done](Error error) { done(tl::unexpected<Error>(std::move(error))); });
}

} // namespace strata::virt
