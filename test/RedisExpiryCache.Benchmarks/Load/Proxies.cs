namespace RedisExpiryCache.Benchmarks.Load;

/// <summary>Caches that stand in front of an app as servers of their own, with what they need to keep its responses and little else.</summary>
internal static class Proxies
{
    public static bool Includes(Candidate candidate) => candidate is Candidate.Nginx or Candidate.Varnish;

    /// <returns>Null where its program is not installed.</returns>
    public static string? Find(Candidate candidate)
    {
        // /usr/sbin is often missing from the PATH of those who are not root.
        var folders = $"{Environment.GetEnvironmentVariable("PATH")}{Path.PathSeparator}/usr/sbin".Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return folders.Select(folder => Path.Combine(folder, NameOf(candidate))).FirstOrDefault(File.Exists);
    }

    public static string NameOf(Candidate candidate) => candidate == Candidate.Nginx ? "nginx" : "varnishd";

    /// <param name="candidate">One that is installed.</param>
    /// <param name="folder">Where its files go, and the responses.</param>
    /// <param name="port">Where it listens.</param>
    /// <param name="origin">The app's port.</param>
    public static (string Program, string[] Arguments) Command(Candidate candidate, string folder, int port, int origin)
    {
        // Started by root, both do their work as a user who has to get at their files.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);

        var settings = Path.Combine(folder, "settings");
        File.WriteAllText(settings, candidate == Candidate.Nginx ? NginxSettings(folder, port, origin) : VarnishSettings(origin));
        string[] arguments = candidate == Candidate.Nginx
            ? ["-p", folder, "-e", Path.Combine(folder, "errors"), "-c", settings]
            : ["-F", "-n", Path.Combine(folder, "varnish"), "-f", settings, "-a", $"127.0.0.1:{port}", "-s", "malloc,1g"];
        return (Find(candidate)!, arguments);
    }

    private static string NginxSettings(string folder, int port, int origin) =>
        $$"""
        daemon off;
        worker_processes 2;
        pid {{folder}}/pid;
        events { worker_connections 4096; }
        http {
            access_log off;
            sendfile on;
            tcp_nopush on;
            keepalive_requests 1000000000;
            open_file_cache max=10000;
            client_body_temp_path {{folder}}/client;
            fastcgi_temp_path {{folder}}/fastcgi;
            proxy_temp_path {{folder}}/proxy;
            scgi_temp_path {{folder}}/scgi;
            uwsgi_temp_path {{folder}}/uwsgi;
            proxy_cache_path {{folder}}/responses keys_zone=responses:10m max_size=1g;
            server {
                listen 127.0.0.1:{{port}};
                location / {
                    proxy_pass http://127.0.0.1:{{origin}};
                    proxy_cache responses;
                }
            }
        }
        """;

    private static string VarnishSettings(int origin) =>
        $$"""
        vcl 4.1;
        backend app {
            .host = "127.0.0.1";
            .port = "{{origin}}";
        }
        """;
}
