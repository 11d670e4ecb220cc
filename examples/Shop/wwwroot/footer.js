// Says where this page came from. The page's own text cannot: a stored copy says what it said when it was made. Server-Timing is of the response that brought it.
const page = performance.getEntriesByType("navigation")[0];
const said = Object.fromEntries((page.serverTiming ?? []).map(entry => [entry.name, entry.description]));

// A page that the browser had, as after "back", came with an earlier response.
addEventListener("pageshow", event => {
    const earlier = event.persisted || page.transferSize === 0;
    document.getElementById("cache").textContent = describe(said.cache) + (earlier ? " That was earlier: this is your browser's own copy." : "");
});

function describe(status) {
    if (status === undefined)
        return "How this page came about, browsers tell to pages on localhost or https only.";

    const by = `Served by the instance on port ${said.port}`;
    const [, left] = /; ttl=(-?\d+)/.exec(status) ?? [];
    const [, reason] = /; detail=([\w-]+)/.exec(status) ?? [];
    if (/; hit\b/.test(status))
        return `${by} from the cache: ${said.age} s old, ${left} s left.`;
    if (/; stored\b/.test(status))
        return `${by}, made for this request and put into the cache.`;
    return `${by}, made for this request and not stored${reason ? `: ${reason}` : ""}.`;
}
