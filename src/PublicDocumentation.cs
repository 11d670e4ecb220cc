using System;
using System.Linq;
using System.Collections.Generic;
using System.Reflection;
using System.Xml.Linq;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>MSBuild task: removes internal members from the documentation file, because the compiler writes all members into it.</summary>
/// <remarks>Compiled by MSBuild against netstandard; what reads the assembly's metadata comes with MSBuild and is named at run time.</remarks>
public sealed class PublicDocumentation : Task
{
    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    [Required]
    public string Assembly { get; set; }

    [Required]
    public string File { get; set; }

    /// <summary>The assemblies that the signatures of public members refer to.</summary>
    [Required]
    public string[] References { get; set; }

    public override bool Execute()
    {
        var library = System.Reflection.Assembly.Load("System.Reflection.MetadataLoadContext");
        var resolver = Activator.CreateInstance(library.GetType("System.Reflection.PathAssemblyResolver"), References.Append(Assembly));
        var type = library.GetType("System.Reflection.MetadataLoadContext");
        using var context = (IDisposable)Activator.CreateInstance(type, resolver, "System.Runtime");
        var read = (Assembly)type.GetMethod("LoadFromAssemblyPath").Invoke(context, new object[] { Assembly });
        Keep(new HashSet<string>(read.GetTypes().Where(found => found.IsVisible).SelectMany(IdsOf)));
        return true;
    }

    private void Keep(HashSet<string> ids)
    {
        var document = XDocument.Load(File, LoadOptions.PreserveWhitespace);
        foreach (var member in document.Descendants("member").Where(member => !ids.Contains((string)member.Attribute("name"))).ToList())
        {
            if (member.PreviousNode is XText space)
                space.Remove();

            member.Remove();
        }

        document.Save(File, SaveOptions.DisableFormatting);
    }

    private static IEnumerable<string> IdsOf(Type type) => type.GetMembers(All).Where(IsVisible).Select(IdOf).Append("T:" + NameOf(type));

    private static bool IsVisible(MemberInfo member) => member switch
    {
        MethodBase method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly,
        FieldInfo field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly,
        PropertyInfo property => property.GetAccessors(true).Any(IsVisible),
        EventInfo happening => IsVisible(happening.AddMethod),
        _ => false,
    };

    /// <summary>The identifier of a member as the C# specification defines it in annex D.4.2.</summary>
    private static string IdOf(MemberInfo member)
    {
        var name = NameOf(member.DeclaringType) + "." + member.Name.Replace('.', '#');
        return member switch
        {
            MethodInfo method => "M:" + name + Arity(method) + List(method.GetParameters()) + Conversion(method),
            ConstructorInfo constructor => "M:" + name + List(constructor.GetParameters()),
            PropertyInfo property => "P:" + name + List(property.GetIndexParameters()),
            EventInfo _ => "E:" + name,
            _ => "F:" + name,
        };
    }

    private static string Arity(MethodInfo method) => method.IsGenericMethod ? "``" + method.GetGenericArguments().Length : "";

    private static string Conversion(MethodInfo method) => method.Name is "op_Implicit" or "op_Explicit" ? "~" + NameOf(method.ReturnType) : "";

    private static string List(ParameterInfo[] parameters) =>
        parameters.Length == 0 ? "" : "(" + string.Join(",", parameters.Select(parameter => NameOf(parameter.ParameterType))) + ")";

    private static string NameOf(Type type) => type switch
    {
        { IsByRef: true } => NameOf(type.GetElementType()) + "@",
        { IsPointer: true } => NameOf(type.GetElementType()) + "*",
        { IsArray: true } => NameOf(type.GetElementType()) + Rank(type.GetArrayRank()),
        { IsGenericParameter: true } => (type.DeclaringMethod is null ? "`" : "``") + type.GenericParameterPosition,
        { IsConstructedGenericType: true } => Constructed(type),
        _ => type.FullName.Replace('+', '.'),
    };

    private static string Rank(int rank) => rank == 1 ? "[]" : "[" + string.Join(",", Enumerable.Repeat("0:", rank)) + "]";

    /// <summary>Each part of a nested name takes as many of the type arguments as its arity says.</summary>
    private static string Constructed(Type type)
    {
        var arguments = new Queue<string>(type.GetGenericArguments().Select(NameOf));
        return string.Join(".", type.GetGenericTypeDefinition().FullName.Split('+').Select(part =>
        {
            var tick = part.IndexOf('`');
            return tick < 0
                ? part
                : part.Substring(0, tick) + "{" + string.Join(",", Enumerable.Range(0, int.Parse(part.Substring(tick + 1))).Select(_ => arguments.Dequeue())) + "}";
        }));
    }
}
