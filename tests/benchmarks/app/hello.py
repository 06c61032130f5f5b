"""The page that the app's pages are held against: a title, a choice of two, and a line that follows it."""

import streamlit as st

st.title("Hello")
st.write(f"Hello, {st.selectbox('Unit', ['world', 'moon'])}.")
