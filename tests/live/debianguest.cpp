// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/live/debianguest.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QFileInfo>
#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QStringList>

#include <archive.h>
#include <archive_entry.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace strata::test {
namespace {

constexpr qint64 kSector = 512;
constexpr qint64 kKernelAt = 2048; // sectors; in front of it is GRUB
constexpr int kSeconds = 1000;

struct Ran {
    bool good = false;
    QString out;
    QString words; // of its errors, the last line
};

class Maker {
public:
    Maker(QString folder, std::function<void()> inChild)
        : m_folder(std::move(folder)), m_inChild(std::move(inChild))
    {}

    DebianGuest make()
    {
        DebianGuest out;
        for (const char* program : {"apt-get", "apt-cache", "dpkg-deb", "tar"})
            if (QStandardPaths::findExecutable(QString::fromLatin1(program)).isEmpty()) {
                out.missing = QStringLiteral("The guest is made of Debian's packages, and %1 is not here.")
                                  .arg(QString::fromLatin1(program));
                return out;
            }
        for (const char* below : {"cache/archives/partial", "lists/partial", "packages", "root"})
            if (!QDir(m_folder).mkpath(QString::fromLatin1(below))) {
                out.broken = QStringLiteral("%1 cannot be made.").arg(QString::fromLatin1(below));
                return out;
            }
        if (!fetch()) {
            out.missing =
                QStringLiteral("The guest is made of Debian's packages, and apt-get has no way to them: %1")
                    .arg(m_why);
            return out;
        }
        out.kernel = m_kernel.mid(QStringLiteral("linux-image-").size());
        if (unpack() && collectModules() && writeMemoryDisk() && writeLoader())
            out.image = writeDisk();
        if (out.image.isEmpty())
            out.broken = m_why.isEmpty() ? QStringLiteral("The guest's disk cannot be written.") : m_why;
        return out;
    }

private:
    QString m_folder;
    std::function<void()> m_inChild;
    QString m_kernel; // the package
    QString m_why;
    std::vector<std::pair<QString, QByteArray>> m_modules; // in the order in which they are loaded

    QString at(const QString& name) const { return m_folder + QLatin1Char('/') + name; }

    bool fail(const QString& why)
    {
        m_why = why;
        return false;
    }

    void prepare(QProcess& process, const QString& folder) const
    {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("LC_ALL"), QStringLiteral("C.UTF-8"));
        // grub-mkimage's one library that not every machine has.
        if (!m_libraries.isEmpty())
            environment.insert(QStringLiteral("LD_LIBRARY_PATH"), m_libraries);
        process.setProcessEnvironment(environment);
        const QByteArray path = QFile::encodeName(folder);
        process.setChildProcessModifier([inChild = m_inChild, path] {
            if (inChild)
                inChild();
            if (::chdir(path.constData()) != 0) // it may stand in another mount namespace now
                ::_exit(127);
        });
    }

    Ran run(const QString& program, const QStringList& arguments, int seconds = 60) const
    {
        QProcess process;
        prepare(process, at(QStringLiteral("packages")));
        process.start(program, arguments);
        Ran ran;
        if (!process.waitForFinished(seconds * kSeconds)) {
            process.kill();
            process.waitForFinished();
            ran.words = QStringLiteral("%1 does not end").arg(program);
            return ran;
        }
        ran.good = process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0;
        ran.out = QString::fromUtf8(process.readAllStandardOutput());
        ran.words = QString::fromUtf8(process.readAllStandardError())
                        .trimmed()
                        .section(QLatin1Char('\n'), -1)
                        .left(300);
        return ran;
    }

    // --- packages

    // apt's own places are left alone but for its lists of packages, and those where they do not help, too.
    QStringList aptOptions(bool ownLists) const
    {
        QStringList options{QStringLiteral("-qq"),
                            QStringLiteral("-oDir::Cache=") + at(QStringLiteral("cache")),
                            QStringLiteral("-oAPT::Sandbox::User="),
                            QStringLiteral("-oAcquire::Retries=2"),
                            QStringLiteral("-oAcquire::http::Timeout=20"),
                            QStringLiteral("-oAcquire::https::Timeout=20"),
                            QStringLiteral("-oAcquire::Languages=none")};
        if (ownLists)
            options << QStringLiteral("-oDir::State::Lists=") + at(QStringLiteral("lists"));
        return options;
    }

    bool download(bool ownLists)
    {
        const QStringList options = aptOptions(ownLists);
        const Ran depends =
            run(QStringLiteral("apt-cache"),
                options + QStringList{QStringLiteral("depends"), QStringLiteral("linux-image-cloud-amd64")});
        static const QRegularExpression image(
            QStringLiteral("Depends: (linux-image-\\d\\S*-cloud-amd64)\\b"));
        m_kernel = image.match(depends.out).captured(1);
        if (m_kernel.isEmpty())
            return fail(depends.words.isEmpty() ? QStringLiteral("it knows no linux-image-cloud-amd64")
                                                : depends.words);
        const Ran got =
            run(QStringLiteral("apt-get"),
                options + QStringList{QStringLiteral("download"), m_kernel, QStringLiteral("busybox-static"),
                                      QStringLiteral("bash-static"), QStringLiteral("grub-pc-bin"),
                                      QStringLiteral("grub-common"), QStringLiteral("libdevmapper1.02.1")},
                100);
        return got.good || fail(got.words);
    }

    bool fetch()
    {
        if (download(false)) // by the lists of the machine
            return true;
        run(QStringLiteral("apt-get"), aptOptions(true) + QStringList{QStringLiteral("update")}, 60);
        return download(true);
    }

    // --- what is in them

    bool unpack()
    {
        const QDir packages(at(QStringLiteral("packages")));
        for (const QString& name : packages.entryList({QStringLiteral("*.deb")}, QDir::Files)) {
            // Of a kernel's hundred megabytes one in ten is wanted.
            QStringList wanted;
            if (name.startsWith(m_kernel))
                wanted << QStringLiteral("./boot/vmlinuz*") << QStringLiteral("*/drivers/virtio/*")
                       << QStringLiteral("*/drivers/block/virtio_blk.*")
                       << QStringLiteral("*/drivers/cdrom/*") << QStringLiteral("*/fs/isofs/*");
            QProcess package;
            QProcess tar;
            prepare(package, packages.path());
            prepare(tar, at(QStringLiteral("root")));
            package.setStandardOutputProcess(&tar);
            package.start(QStringLiteral("dpkg-deb"), {QStringLiteral("--fsys-tarfile"), name});
            // Owners are left out: the test may be anyone's. A pattern without a file is no mistake here.
            tar.start(QStringLiteral("tar"),
                      QStringList{QStringLiteral("-xf-"), QStringLiteral("--no-same-owner"),
                                  QStringLiteral("--wildcards")} +
                          wanted);
            const bool ended = package.waitForFinished(120 * kSeconds) && tar.waitForFinished(120 * kSeconds);
            if (!ended || package.exitCode() != 0 || (wanted.isEmpty() && tar.exitCode() != 0))
                return fail(QStringLiteral("%1 cannot be unpacked: %2")
                                .arg(name, QString::fromUtf8(tar.readAllStandardError()).left(300)));
        }
        m_libraries = QFileInfo(found(QStringLiteral("libdevmapper.so.1.02.1"))).path();
        return true;
    }
    QString m_libraries;

    // The file of that name, wherever this release of Debian has it; empty: nowhere.
    QString found(const QString& pattern) const
    {
        QDirIterator files(at(QStringLiteral("root")), {pattern}, QDir::Files, QDirIterator::Subdirectories);
        return files.hasNext() ? files.next() : QString();
    }

    // Its completions and notes for packagers are named as the program is.
    QString program(const QString& name) const
    {
        QDirIterator files(at(QStringLiteral("root")), {name}, QDir::Files, QDirIterator::Subdirectories);
        while (files.hasNext())
            if (files.next().endsWith(QStringLiteral("bin/") + name))
                return files.filePath();
        return {};
    }

    // A module as the kernel takes it: Debian 13 has them compressed.
    static std::optional<QByteArray> plain(const QString& path)
    {
        const std::unique_ptr<archive, int (*)(archive*)> reader(archive_read_new(), archive_read_free);
        archive_entry* entry = nullptr;
        if (!reader || archive_read_support_filter_all(reader.get()) != ARCHIVE_OK ||
            archive_read_support_format_raw(reader.get()) != ARCHIVE_OK ||
            archive_read_open_filename(reader.get(), QFile::encodeName(path).constData(), 1 << 16) !=
                ARCHIVE_OK ||
            archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK)
            return std::nullopt;
        QByteArray out;
        QByteArray piece(1 << 16, Qt::Uninitialized);
        for (;;) {
            const la_ssize_t size =
                archive_read_data(reader.get(), piece.data(), static_cast<size_t>(piece.size()));
            if (size < 0)
                return std::nullopt;
            if (size == 0)
                return out;
            out.append(piece.constData(), size);
        }
    }

    // With what it depends on in front of it. One that is in no file is a part of the kernel itself.
    bool collect(const QString& name)
    {
        const auto same = [&name](const auto& module) { return module.first == name; };
        if (std::any_of(m_modules.begin(), m_modules.end(), same))
            return true;
        const QString path = found(name + QStringLiteral(".ko*"));
        if (path.isEmpty())
            return true;
        const std::optional<QByteArray> bytes = plain(path);
        if (!bytes)
            return fail(QStringLiteral("%1 cannot be read.").arg(path));
        // Its section .modinfo: "name=value", each ended by a zero.
        const QByteArray key = QByteArray("\0depends=", 9);
        const qsizetype from = bytes->indexOf(key);
        if (from < 0)
            return fail(QStringLiteral("%1 does not say what it depends on.").arg(path));
        const QByteArray depends(bytes->constData() + from + key.size());
        for (const QByteArray& each : depends.split(','))
            if (!each.isEmpty() && !collect(QString::fromLatin1(each)))
                return false;
        m_modules.emplace_back(name, *bytes);
        return true;
    }

    bool collectModules()
    {
        for (const char* name : {"virtio_pci", "virtio_blk", "isofs"})
            if (!collect(QString::fromLatin1(name)))
                return false;
        return true;
    }

    // --- the disk

    struct Node {
        QString name;
        unsigned type = AE_IFREG;
        int mode = 0755;
        QByteArray bytes;
    };

    bool writeMemoryDisk()
    {
        std::vector<Node> nodes;
        for (const char* folder : {"bin", "dev", "modules", "root"})
            nodes.push_back({QString::fromLatin1(folder), AE_IFDIR, 0755, {}});
        // The kernel opens it for the first process before there is a file system of devices.
        nodes.push_back({QStringLiteral("dev/console"), AE_IFCHR, 0600, {}});
        const auto file = [&](const QString& name, const QString& path) {
            QFile in(path);
            if (path.isEmpty() || !in.open(QIODevice::ReadOnly))
                return fail(QStringLiteral("The packages have no file for %1.").arg(name));
            nodes.push_back({name, AE_IFREG, 0755, in.readAll()});
            return true;
        };
        if (!file(QStringLiteral("init"), QStringLiteral(STRATA_GUEST_INIT)) ||
            !file(QStringLiteral("bin/busybox"), program(QStringLiteral("busybox"))) ||
            !file(QStringLiteral("bin/bash-static"), program(QStringLiteral("bash-static"))))
            return false;
        for (std::size_t i = 0; i < m_modules.size(); ++i)
            nodes.push_back({QStringLiteral("modules/%1-%2.ko")
                                 .arg(int(i), 2, 10, QLatin1Char('0'))
                                 .arg(m_modules[i].first),
                             AE_IFREG, 0644, m_modules[i].second});

        const std::unique_ptr<archive, int (*)(archive*)> writer(archive_write_new(), archive_write_free);
        bool good =
            writer && archive_write_set_format_cpio_newc(writer.get()) == ARCHIVE_OK &&
            archive_write_open_filename(
                writer.get(), QFile::encodeName(at(QStringLiteral("initrd"))).constData()) == ARCHIVE_OK;
        for (const Node& node : nodes) {
            const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(),
                                                                                 archive_entry_free);
            archive_entry_set_pathname(entry.get(), node.name.toUtf8().constData());
            archive_entry_set_filetype(entry.get(), node.type);
            archive_entry_set_perm(entry.get(), static_cast<mode_t>(node.mode));
            archive_entry_set_size(entry.get(), node.bytes.size());
            if (node.type == AE_IFCHR) { // console: 5, 1
                archive_entry_set_rdevmajor(entry.get(), 5);
                archive_entry_set_rdevminor(entry.get(), 1);
            }
            good = good && archive_write_header(writer.get(), entry.get()) == ARCHIVE_OK &&
                   archive_write_data(writer.get(), node.bytes.constData(),
                                      static_cast<size_t>(node.bytes.size())) == node.bytes.size();
        }
        good = good && archive_write_close(writer.get()) == ARCHIVE_OK;
        return good || fail(QStringLiteral("The file system in memory cannot be written."));
    }

    static qint64 sectorsOf(const QString& path) { return (QFileInfo(path).size() + kSector - 1) / kSector; }

    bool writeLoader()
    {
        const qint64 kernel = sectorsOf(found(QStringLiteral("vmlinuz*")));
        if (kernel == 0)
            return fail(QStringLiteral("%1 has no kernel.").arg(m_kernel));
        QFile file(at(QStringLiteral("grub.cfg")));
        // (hd0)FIRST+COUNT: sectors as a file.
        const QByteArray text = "linux (hd0)" + QByteArray::number(kKernelAt) + "+" +
                                QByteArray::number(kernel) +
                                " console=ttyS0 quiet panic=1 mitigations=off nokaslr no_timer_check\n"
                                "initrd (hd0)" +
                                QByteArray::number(kKernelAt + kernel) + "+" +
                                QByteArray::number(sectorsOf(at(QStringLiteral("initrd")))) + "\nboot\n";
        if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size())
            return fail(QStringLiteral("grub.cfg cannot be written."));
        file.close();
        const Ran made =
            run(program(QStringLiteral("grub-mkimage")),
                {QStringLiteral("-d"), QFileInfo(found(QStringLiteral("boot.img"))).path(),
                 QStringLiteral("-O"), QStringLiteral("i386-pc"), QStringLiteral("-p"), QStringLiteral("/"),
                 QStringLiteral("-c"), file.fileName(), QStringLiteral("-o"), at(QStringLiteral("core.img")),
                 QStringLiteral("biosdisk"), QStringLiteral("linux")});
        return made.good || fail(QStringLiteral("grub-mkimage fails: %1").arg(made.words));
    }

    QString writeDisk()
    {
        QFile disk(at(QStringLiteral("debian.img")));
        if (!disk.open(QIODevice::WriteOnly))
            return {};
        const auto put = [&disk](qint64 sector, const QString& path) {
            QFile in(path);
            if (!in.open(QIODevice::ReadOnly) || !disk.seek(sector * kSector))
                return false;
            const QByteArray bytes = in.readAll();
            return disk.write(bytes) == bytes.size();
        };
        const QString kernel = found(QStringLiteral("vmlinuz*"));
        const qint64 behind = kKernelAt + sectorsOf(kernel);
        const qint64 end = (behind + sectorsOf(at(QStringLiteral("initrd")))) * kSector;
        constexpr qint64 kMiB = 1 << 20;
        if (sectorsOf(at(QStringLiteral("core.img"))) >= kKernelAt ||
            !put(0, found(QStringLiteral("boot.img"))) || !put(1, at(QStringLiteral("core.img"))) ||
            !put(kKernelAt, kernel) || !put(behind, at(QStringLiteral("initrd"))) ||
            !disk.resize((end + kMiB - 1) / kMiB * kMiB))
            return {};
        disk.close();
        return disk.fileName();
    }
};

} // namespace

DebianGuest makeDebianGuest(const QString& folder, const std::function<void()>& inChild)
{
    return Maker(folder, inChild).make();
}

} // namespace strata::test
