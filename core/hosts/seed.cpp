// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hosts/seed.h"

#include "core/base/text.h"
#include "core/base/translate.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>

namespace strata::hosts {
namespace {

constexpr long long kAnyTime = 1'000'000'000; // files of a seed have no history
constexpr std::size_t kMostBytes = 16U << 20U;

struct FreeArchive {
    void operator()(archive* each) const { archive_write_free(each); }
};
struct FreeEntry {
    void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

la_ssize_t take(archive*, void* opaque, const void* bytes, size_t size)
{
    static_cast<std::string*>(opaque)->append(static_cast<const char*>(bytes), size);
    return static_cast<la_ssize_t>(size);
}

tl::unexpected<Error> broken(archive* each)
{
    const char* words = archive_error_string(each);
    return fail(ErrorKind::Internal, translate("hosts", "The seed image could not be written."),
                words == nullptr ? std::string() : cleanText(words));
}

} // namespace

Result<std::string> makeSeed(const std::vector<SeedFile>& files)
{
    std::size_t total = 0;
    for (const SeedFile& file : files)
        total += file.bytes.size();
    if (files.empty() || total > kMostBytes)
        return fail(ErrorKind::Invalid, translate("hosts", "A seed holds some small files."));
    std::string out;
    const std::unique_ptr<archive, FreeArchive> writer(archive_write_new());
    if (!writer)
        return fail(ErrorKind::Internal, translate("hosts", "The seed image could not be written."));
    archive* each = writer.get();
    if (archive_write_set_format_iso9660(each) != ARCHIVE_OK ||
        archive_write_set_options(each, "iso9660:volume-id=cidata,iso9660:rockridge=useful,iso9660:joliet") !=
            ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(each, 1) != ARCHIVE_OK ||
        archive_write_open(each, &out, nullptr, take, nullptr) != ARCHIVE_OK)
        return broken(each);
    for (const SeedFile& file : files) {
        const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
        archive_entry_set_pathname(entry.get(), file.name.c_str());
        archive_entry_set_size(entry.get(), static_cast<la_int64_t>(file.bytes.size()));
        archive_entry_set_filetype(entry.get(), AE_IFREG);
        archive_entry_set_perm(entry.get(), 0600);
        archive_entry_set_mtime(entry.get(), kAnyTime, 0);
        if (archive_write_header(each, entry.get()) != ARCHIVE_OK)
            return broken(each);
        if (!file.bytes.empty() && archive_write_data(each, file.bytes.data(), file.bytes.size()) !=
                                       static_cast<la_ssize_t>(file.bytes.size()))
            return broken(each);
    }
    if (archive_write_close(each) != ARCHIVE_OK)
        return broken(each);
    return out;
}

} // namespace strata::hosts
