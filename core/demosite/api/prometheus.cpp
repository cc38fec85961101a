// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/prometheus.h"

#include "core/base/text.h"
#include "core/demosite/api/answers.h"
#include "core/demosite/api/metrics.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <set>

namespace strata::demosite {
namespace {

constexpr long kMostPoints = 11'000; // as the real one has it
constexpr double kFilesystem = 11.0 * (1 << 30);

// The value of `name="…"` or `name=~"…"` in a query; with the quotes' escapes left alone.
std::string labelOf(const std::string& query, const std::string& name)
{
    for (std::size_t at = query.find(name + "="); at != std::string::npos;
         at = query.find(name + "=", at + 1)) {
        if (at > 0 && (std::isalnum(static_cast<unsigned char>(query[at - 1])) || query[at - 1] == '_'))
            continue;
        const std::size_t open = query.find('"', at);
        const std::size_t close = open == std::string::npos ? open : query.find('"', open + 1);
        return close == std::string::npos ? std::string() : query.substr(open + 1, close - open - 1);
    }
    return {};
}

bool has(const std::string& query, const char* part)
{
    return query.find(part) != std::string::npos;
}

// The pods that a query is about.
std::vector<ObjectPtr> podsOf(Cluster& cluster, const std::string& query)
{
    std::vector<ObjectPtr> out;
    const std::string node = labelOf(query, "nodename");
    const std::string ns = labelOf(query, "namespace");
    const std::string guest = labelOf(query, "name");
    const std::vector<std::string> names = split(labelOf(query, "pod"), '|');
    for (const ObjectPtr& pod :
         cluster.store().list(Kinds::instance().get("pods", ""), node.empty() ? ns : "")) {
        if (lookUp(pod->fields, "status.phase") != "Running")
            continue;
        const bool wanted = has(query, "kubevirt_vmi_")
                                ? lookUp(pod->labels, "vmi.kubevirt.io/id") == guest && !guest.empty()
                            : !node.empty() ? lookUp(pod->fields, "spec.nodeName") == node
                                            : std::find(names.begin(), names.end(), pod->name) != names.end();
        if (wanted)
            out.push_back(pod);
    }
    return out;
}

double valueOf(Cluster& cluster, const std::string& query, const std::vector<ObjectPtr>& pods, UnixMs at)
{
    double sum = 0;
    const bool node = has(query, "nodename");
    const std::string metric = query.substr(0, query.find('{')); // names of pods may be words, too
    for (const ObjectPtr& pod : pods) {
        if (has(metric, "cpu")) {
            sum += static_cast<double>(usageOf(cluster, *pod, at).cpuMilli) / 1000;
        } else if (has(metric, "memory")) {
            sum += static_cast<double>(usageOf(cluster, *pod, at).memoryBytes);
        } else if (has(metric, "receive")) {
            sum += flow(cluster, pod->uid, Flow::NetworkIn, at);
        } else if (has(metric, "transmit")) {
            sum += flow(cluster, pod->uid, Flow::NetworkOut, at);
        } else if (has(metric, "written") || has(metric, "write")) {
            sum += flow(cluster, pod->uid, Flow::DiskWrite, at);
        } else if (has(metric, "read")) {
            sum += flow(cluster, pod->uid, Flow::DiskRead, at);
        } else if (has(metric, "filesystem") || has(metric, "fs_usage")) {
            sum += kFilesystem / 40;
        }
    }
    if (has(metric, "kubevirt_vmi_filesystem"))
        sum = kFilesystem;
    // kubelet, container runtime and kernel
    if (node && has(metric, "cpu"))
        sum += 0.12;
    if (node && has(metric, "memory"))
        sum += 700.0 * (1 << 20);
    if (node && has(metric, "filesystem"))
        sum += 100.0 * (1 << 30);
    return sum;
}

Json failed(const std::string& why)
{
    return {{"status", "error"}, {"errorType", "bad_data"}, {"error", why}};
}

} // namespace

HttpAnswer prometheusAnswer(Cluster& cluster, const HttpRequest& request, const std::string& path)
{
    if (path == "/api/v1/status/buildinfo")
        return jsonAnswer(
            {{"status", "success"}, {"data", {{"version", "3.5.0"}, {"goVersion", "go1.24.4"}}}});
    if (path != "/api/v1/query_range") {
        HttpAnswer answer = plainAnswer("404 page not found\n");
        answer.status = 404;
        return answer;
    }
    const std::string& query = request.one("query");
    const double start = std::strtod(request.one("start").c_str(), nullptr);
    const double end = std::strtod(request.one("end").c_str(), nullptr);
    const double step = std::strtod(request.one("step").c_str(), nullptr);
    if (query.empty())
        return jsonAnswer(
            failed(
                "invalid parameter \"query\": unknown position: parse error: no expression found in input"),
            400);
    if (!(step > 0) || end < start)
        return jsonAnswer(
            failed("invalid parameter \"step\": zero or negative query resolution step widths are not "
                   "accepted. Try a positive integer"),
            400);
    if ((end - start) / step > static_cast<double>(kMostPoints))
        return jsonAnswer(
            failed("exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the "
                   "query resolution (?step=XX)"),
            400);
    const std::vector<ObjectPtr> pods = podsOf(cluster, query);
    Json result = Json::array();
    if (!pods.empty()) {
        Json values = Json::array();
        for (double at = start; at <= end; at += step) {
            char text[40];
            std::snprintf(text, sizeof text, "%.6g",
                          valueOf(cluster, query, pods, static_cast<UnixMs>(at * 1000)));
            values.push_back(Json::array({at, text}));
        }
        result.push_back({{"metric", Json::object()}, {"values", std::move(values)}});
    }
    return jsonAnswer(
        {{"status", "success"}, {"data", {{"resultType", "matrix"}, {"result", std::move(result)}}}});
}

} // namespace strata::demosite
