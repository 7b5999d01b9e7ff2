//! `#[derive(FromJson)]`: a type of the configuration -> how it is read from a JSON tree.
//!
//! Serde's visitors cost some 500 bytes of the filter for every field. What is derived here names the fields and
//! where they go; the reading itself stands in `crate::json`, once. The attributes are serde's, from which the JSON
//! Schema is made as well; one that is not known here does not compile.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt as _;
use syn::{Attribute, Data, DeriveInput, Error, ExprPath, Fields, FieldsNamed, LitStr, Variant};

/// Reads a struct from an object of its fields, and an enum from the name of a variant or an object of one field.
#[proc_macro_derive(FromJson, attributes(serde))]
pub fn from_json(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let derived = syn::parse(input).and_then(|input| derive(&input));
    derived.unwrap_or_else(Error::into_compile_error).into()
}

fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let attributes = Attributes::read(&input.attrs)?;
    let body = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => object(fields)?,
            Fields::Unnamed(fields) if attributes.transparent && fields.unnamed.len() == 1 => {
                quote! {
                    crate::json::FromJson::from_json(node, mistakes).map(Self)
                }
            }
            _ => return Err(Error::new_spanned(&input.ident, "expected named fields")),
        },
        Data::Enum(data) => choice(&data.variants.iter().collect::<Vec<_>>())?,
        Data::Union(_) => return Err(Error::new_spanned(&input.ident, "expected no union")),
    };
    let name = &input.ident;
    Ok(quote! {
        impl crate::json::FromJson for #name {
            fn from_json(
                node: crate::json::Node<'_, '_>,
                mistakes: &mut crate::json::Mistakes<'_>,
            ) -> ::core::option::Option<Self> {
                #body
            }
        }
    })
}

fn object(fields: &FieldsNamed) -> syn::Result<TokenStream> {
    let (mut idents, mut members) = (Vec::new(), Vec::new());
    let (mut needed, mut values) = (Vec::new(), Vec::new());
    for field in &fields.named {
        let attributes = Attributes::read(&field.attrs)?;
        let ident = field.ident.as_ref();
        let name = attributes
            .rename
            .or_else(|| ident.map(|ident| ident.unraw().to_string()));
        let required = attributes.default.is_none();
        members.push(quote! { crate::json::Member { name: #name, required: #required } });
        values.push(match attributes.default {
            None => {
                needed.push(ident);
                quote! { #ident }
            }
            Some(None) => quote! { #ident: #ident.unwrap_or_default() },
            Some(Some(default)) => quote! { #ident: #ident.unwrap_or_else(#default) },
        });
        idents.push(ident);
    }
    let count = idents.len();
    Ok(quote! {
        static MEMBERS: [crate::json::Member; #count] = [#(#members),*];
        #(let mut #idents = ::core::option::Option::None;)*
        node.read_object(&MEMBERS, &mut [#(&mut #idents),*], mistakes);
        let (#(::core::option::Option::Some(#needed),)*) = (#(#needed,)*) else {
            return ::core::option::Option::None;
        };
        ::core::option::Option::Some(Self { #(#values),* })
    })
}

fn choice(variants: &[&Variant]) -> syn::Result<TokenStream> {
    let names = variants.iter().map(|variant| {
        let renamed = Attributes::read(&variant.attrs)?.rename;
        Ok(renamed.unwrap_or_else(|| snake_case(&variant.ident.to_string())))
    });
    let names: Vec<String> = names.collect::<syn::Result<_>>()?;
    let idents = variants.iter().map(|variant| &variant.ident);
    let indices = 0..variants.len();
    if variants
        .iter()
        .all(|variant| matches!(variant.fields, Fields::Unit))
    {
        return Ok(quote! {
            match node.choose_word(&[#(#names),*], mistakes)? {
                #(#indices => ::core::option::Option::Some(Self::#idents),)*
                _ => ::core::option::Option::None,
            }
        });
    }
    let reads = variants
        .iter()
        .map(|Variant { ident, fields, .. }| match fields {
            Fields::Unit => Ok(quote! { chosen.alone(mistakes).map(|_| Self::#ident) }),
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                Ok(quote! { chosen.content(mistakes).map(Self::#ident) })
            }
            _ => Err(Error::new_spanned(ident, "expected no more than one value")),
        });
    let reads: Vec<TokenStream> = reads.collect::<syn::Result<_>>()?;
    Ok(quote! {
        let chosen = node.choose(&[#(#names),*], mistakes)?;
        match chosen.index {
            #(#indices => #reads,)*
            _ => ::core::option::Option::None,
        }
    })
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// What serde's attributes say.
#[derive(Default)]
struct Attributes {
    /// What stands for a field that is left out: its default, or what a function returns.
    default: Option<Option<ExprPath>>,
    rename: Option<String>,
    transparent: bool,
}

impl Attributes {
    fn read(attributes: &[Attribute]) -> syn::Result<Self> {
        let mut read = Self::default();
        for attribute in attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident("serde"))
        {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("default") {
                    let function = match meta.value() {
                        Ok(value) => Some(value.parse::<LitStr>()?.parse()?),
                        Err(_) => None,
                    };
                    read.default = Some(function);
                } else if meta.path.is_ident("rename") {
                    read.rename = Some(meta.value()?.parse::<LitStr>()?.value());
                } else if meta.path.is_ident("transparent") {
                    read.transparent = true;
                } else if meta.path.is_ident("rename_all") {
                    let case: LitStr = meta.value()?.parse()?;
                    if case.value() != "snake_case" {
                        return Err(Error::new_spanned(case, "expected snake_case"));
                    }
                } else if !meta.path.is_ident("deny_unknown_fields") {
                    return Err(meta.error("this attribute is not known here"));
                }
                Ok(())
            })?;
        }
        Ok(read)
    }
}
