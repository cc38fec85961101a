// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/actions/imageuploads.h"

#include "ui/connect/errorwords.h"
#include "ui/widgets/text.h"
#include "ui/wizard/clusterruns.h"

#include <QCoreApplication>
#include <QPointer>

#include <algorithm>

namespace strata::ui {

using Phase = actions::UploadProgress::Phase;

struct ImageUploads::Entry {
    Upload upload;
    provision::Plan plan;
    QPointer<ClusterRun> run;
    std::unique_ptr<actions::ImageUpload> work;
    bool cancelled = false;
};

ImageUploads::ImageUploads(ClusterRuns* runs, QObject* parent) : QObject(parent), m_runs(runs) {}

ImageUploads::~ImageUploads() = default;

ImageUploads::Entry* ImageUploads::entry(int id) const
{
    const auto found = std::find_if(m_entries.begin(), m_entries.end(),
                                    [id](const auto& each) { return each->upload.id == id; });
    return found == m_entries.end() ? nullptr : found->get();
}

int ImageUploads::start(stack::SourceId source, const provision::Plan& plan, const std::string& ns,
                        const std::string& name, const QString& file, std::int64_t bytes)
{
    ClusterRun* run = m_runs->carryOut(source, plan);
    if (run == nullptr)
        return 0;
    // A second try of the same image takes the place of the first.
    std::erase_if(m_entries, [&](const auto& each) {
        return each->upload.source == source && each->upload.ns == ns && each->upload.name == name &&
               isEnd(each->upload.progress.phase);
    });
    auto made = std::make_unique<Entry>();
    made->upload.id = m_next++;
    made->upload.source = source;
    made->upload.ns = ns;
    made->upload.name = name;
    made->upload.file = file;
    made->upload.progress.bytes = bytes;
    made->upload.progress.words = tr("Making the disk").toStdString();
    made->plan = plan;
    made->run = run;
    const int id = made->upload.id;
    m_entries.push_back(std::move(made));
    connect(run, &ClusterRun::phaseChanged, this, [this, id] { prepared(id); });
    Q_EMIT changed();
    return id;
}

void ImageUploads::prepared(int id)
{
    Entry* found = entry(id);
    if (found == nullptr || found->work || !found->run || found->run->active() ||
        isEnd(found->upload.progress.phase))
        return;
    ClusterRun* run = found->run;
    if (run->phase() != ClusterRun::Phase::Done || found->cancelled) {
        actions::UploadProgress end = found->upload.progress;
        end.phase = found->cancelled || run->phase() == ClusterRun::Phase::Cancelled ? Phase::Cancelled
                                                                                     : Phase::Failed;
        end.words = (run->error() ? errorText(*run->error()) : run->sentence()).toStdString();
        take(id, end);
        return;
    }
    const auto client = m_runs->client(found->upload.source);
    if (!client)
        return;
    found->work = actions::ImageUpload::start(
        client, found->upload.ns, found->upload.name, found->upload.file.toStdString(),
        found->upload.progress.bytes, m_options,
        [guard = QPointer<ImageUploads>(this), id](const actions::UploadProgress& progress) {
            QMetaObject::invokeMethod(
                QCoreApplication::instance(),
                [guard, id, progress] {
                    if (guard)
                        guard->take(id, progress);
                },
                Qt::QueuedConnection);
        });
}

void ImageUploads::take(int id, const actions::UploadProgress& progress)
{
    Entry* found = entry(id);
    if (found == nullptr || isEnd(found->upload.progress.phase))
        return;
    found->upload.progress = progress;
    if (isEnd(progress.phase)) {
        const std::string name = found->upload.ns + "/" + found->upload.name;
        const bool good = progress.phase == Phase::Done;
        if (found->work) {
            provision::Plan note = found->plan;
            note.title = tr("Upload of %1 into %2").arg(found->upload.file, shown(name)).toStdString();
            m_runs->auditMore(found->upload.source, note,
                              good                                 ? "done"
                              : progress.phase == Phase::Cancelled ? "cancelled"
                                                                   : "failed",
                              good ? std::string() : progress.words);
        }
        found->work.reset(); // its thread has told its last
        Q_EMIT ended(good ? tr("%1 is uploaded.").arg(shown(name))
                          : tr("The upload of %1 ended: %2").arg(shown(name), cleaned(progress.words)),
                     good);
    }
    Q_EMIT changed();
}

void ImageUploads::cancel(int id)
{
    Entry* found = entry(id);
    if (found == nullptr)
        return;
    found->cancelled = true;
    if (found->work)
        found->work->cancel();
    else if (found->run && found->run->canCancel())
        found->run->cancel();
}

std::vector<ImageUploads::Upload> ImageUploads::all() const
{
    std::vector<Upload> out;
    for (const auto& each : m_entries)
        out.push_back(each->upload);
    return out;
}

const ImageUploads::Upload* ImageUploads::find(stack::SourceId source, const std::string& ns,
                                               const std::string& name) const
{
    for (const auto& each : m_entries) {
        if (each->upload.source == source && each->upload.ns == ns && each->upload.name == name)
            return &each->upload;
    }
    return nullptr;
}

} // namespace strata::ui
