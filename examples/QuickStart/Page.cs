/// <summary>The page at <c>/</c>: the tour as buttons, and what each request came back with.</summary>
internal static class Page
{
    public const string Html = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>RedisExpiryCache: a quick tour</title>
        <link rel="icon" href="data:,">
        <style>
          body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1c2733; background: #f7f9fb; }
          h1 { font-size: 1.5rem; margin-bottom: 0; }
          fieldset { border: 1px solid #d5dde5; border-radius: .5rem; background: #fff; display: flex; flex-wrap: wrap; gap: .5rem; margin: 1rem 0; }
          button { font: inherit; padding: .35rem .8rem; border: 1px solid #9fb0c0; border-radius: .4rem; background: #eef3f8; cursor: pointer; }
          button:hover { background: #dfe9f3; }
          button:disabled { color: #8a97a3; cursor: default; }
          table { width: 100%; border-collapse: collapse; background: #fff; }
          th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid #e3e9ef; white-space: nowrap; }
          td.body { white-space: normal; overflow-wrap: anywhere; }
          td.number { text-align: right; font-variant-numeric: tabular-nums; }
          code { font-size: .9em; }
          .badge { border-radius: .3rem; padding: .05rem .45rem; font-weight: 600; font-size: .85em; color: #fff; background: #76838f; }
          .HIT { background: #1a7f45; } .MISS { background: #b4540a; } .GONE { background: #76838f; }
        </style>
        </head>
        <body>
        <h1>RedisExpiryCache: a quick tour</h1>
        <p>Each button sends one request. A page that takes half a second to make is stored in Redis for a minute; a new price evicts it.
        A basket is data that lives for three seconds after its last use.</p>
        <fieldset><legend>A cached page</legend>
          <button id="get">GET /products/7</button>
          <button id="validate" disabled>GET again, with its ETag (304)</button>
          <button id="price">POST a new price (evicts)</button>
        </fieldset>
        <fieldset><legend>Cached data with a sliding expiry</legend>
          <button id="put">PUT tea into the basket</button>
          <button id="basket">GET the basket (slides)</button>
          <button id="left">GET its lifetime (does not slide)</button>
        </fieldset>
        <fieldset><legend>All of it</legend><button id="tour">Take the tour</button></fieldset>
        <table>
          <thead><tr><th>Request</th><th>Status</th><th>ms</th><th></th><th>Age</th><th>Time left</th><th>Body</th></tr></thead>
          <tbody id="answers"></tbody>
        </table>
        <script>
          const answers = document.getElementById('answers');
          const pause = seconds => new Promise(done => setTimeout(done, seconds * 1000));
          let etag = null;
          let price = 1750;

          async function send(method, path, fields) {
            const began = performance.now();
            // The browser's own cache stays out of the way, so that each row is an answer of the application.
            const response = await fetch(path, { method, headers: fields || {}, cache: 'no-store' });
            const body = await response.text();
            const took = performance.now() - began;
            const status = response.headers.get('Cache-Status') || '';
            if (response.status === 200 && path === '/products/7') {
              etag = response.headers.get('ETag');
              document.getElementById('validate').disabled = !etag;
            }
            show(method, path, response, took, status, body);
          }

          function show(method, path, response, took, status, body) {
            const row = answers.insertRow(0);
            cell(row, '').append(element('code', method + ' ' + path));
            cell(row, response.status);
            cell(row, took.toFixed(0), 'number');
            const word = /; hit/.test(status) ? 'HIT' : /uri-miss|vary-miss|stale/.test(status) ? 'MISS' : '';
            const badge = cell(row, '');
            badge.title = status;
            if (word)
              badge.append(element('span', word, 'badge ' + word));
            cell(row, response.headers.get('Age') ?? '', 'number');
            const ttl = /ttl=(-?\d+)/.exec(status);
            const lifetime = path.endsWith('/lifetime') && response.ok ? secondsOf(JSON.parse(body).timeToLive) : null;
            countDown(cell(row, '', 'number'), ttl ? Number(ttl[1]) : lifetime);
            cell(row, body.slice(0, 120), 'body');
          }

          function secondsOf(span) {
            const parts = /(\d+):(\d+):([\d.]+)/.exec(span || '');
            return parts ? parts[1] * 3600 + parts[2] * 60 + Number(parts[3]) : null;
          }

          function countDown(target, seconds) {
            if (seconds === null)
              return;
            const end = performance.now() + seconds * 1000;
            const tick = () => {
              const left = (end - performance.now()) / 1000;
              target.textContent = left > 0 ? left.toFixed(0) + ' s' : 'expired';
              if (left > 0)
                setTimeout(tick, 250);
            };
            tick();
          }

          function cell(row, text, className) {
            const made = row.insertCell();
            made.textContent = text;
            made.className = className || '';
            return made;
          }

          function element(name, text, className) {
            const made = document.createElement(name);
            made.textContent = text;
            made.className = className || '';
            return made;
          }

          const page = () => send('GET', '/products/7');
          const newPrice = () => send('POST', '/products/7/price/' + ((price += 25) / 100).toFixed(2));
          const basket = () => send('GET', '/baskets/alice');
          const on = (id, act) => document.getElementById(id).onclick = async event => {
            event.target.disabled = true;
            try { await act(); } finally { event.target.disabled = id === 'validate' && !etag; }
          };

          on('get', page);
          on('validate', () => send('GET', '/products/7', { 'If-None-Match': etag }));
          on('price', newPrice);
          on('put', () => send('PUT', '/baskets/alice/tea'));
          on('basket', basket);
          on('left', () => send('GET', '/baskets/alice/lifetime'));
          on('tour', async () => {
            await newPrice();
            await page();
            await page();
            await send('GET', '/products/7', { 'If-None-Match': etag });
            await newPrice();
            await page();
            await send('PUT', '/baskets/alice/tea');
            for (let read = 0; read < 3; read++) {
              await pause(1.5);
              await basket();
            }
            await pause(3.5);
            await basket();
          });
        </script>
        </body>
        </html>
        """;
}
